import Instruments
import Testing

@testable import Observability

@Suite struct MetricCatalogTests {
    private static let wing = MetricLabel("wing", oneOf: ["left", "right"])
    private static let opened = MetricFamily("door_opened_total", .counter, "Doors that were opened.", labels: [wing])
    private static let wait = MetricFamily(
        "door_wait_seconds",
        .histogram,
        "Time until somebody opened.",
        labels: [wing, MetricLabel("hinge", "the maker of the hinge"), MetricLabel("reason", oneOf: ["slow"])]
    )
    private static let jammed = MetricFamily(
        "door_jammed",
        .gauge,
        "Doors that do not move.",
        labels: [MetricLabel("reason", oneOf: ["rust", "wood"])]
    )

    @Test func `the page lists every family by section, and what the values of its labels are`() {
        let page = MetricCatalog([
            MetricCatalog.Section("Doors", [Self.opened, Self.wait]), MetricCatalog.Section("Trouble", [Self.jammed]),
        ]).markdown
        #expect(
            page.hasSuffix(
                """

                ## Doors

                | metric | type | unit | labels | what it says |
                | --- | --- | --- | --- | --- |
                | `door_opened_total` | counter |  | `wing` | Doors that were opened. |
                | `door_wait_seconds` | histogram | seconds | `wing` `hinge` `reason` | Time until somebody opened. |

                ## Trouble

                | metric | type | unit | labels | what it says |
                | --- | --- | --- | --- | --- |
                | `door_jammed` | gauge |  | `reason` | Doors that do not move. |

                ## Labels

                | label | of | values |
                | --- | --- | --- |
                | `hinge` | all that have it | the maker of the hinge |
                | `reason` | `door_jammed` | `rust`, `wood` |
                | `reason` | `door_wait_seconds` | `slow` |
                | `wing` | all that have it | `left`, `right` |

                """
            )
        )
    }

    @Test func `what the page could not explain is said in a sentence each`() {
        let twice = MetricLabel("wing", oneOf: ["left", "left"])
        let dark = MetricFamily("dark", .gauge, "no sentence", labels: ["shade", twice])
        #expect(
            MetricCatalog([MetricCatalog.Section("Doors", [Self.opened, dark, Self.opened])]).faults == [
                "door_opened_total is declared twice",
                "dark: its help is no sentence",
                "dark does not say what the values of shade are",
                "dark lists a value of wing twice",
            ]
        )
    }

    @Test func `our own families are explained`() {
        #expect(MetricCatalog([MetricCatalog.Section("All", BuildMetrics.all + ProcessMetrics.all)]).faults == [])
    }
}
