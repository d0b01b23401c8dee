import Foundation
import Gateway
import Observability
import Testing

/// The pages that are printed from the code.
///
/// With `ATALAYA_WRITE_DOCS=1` the tests write them instead.
@Suite struct EventsPageTests {
    @Test func `docs events lists every event with its level and fields`() throws {
        let catalog = EventCatalog.ofTheGateway
        #expect(catalog.faults == [])
        try expectPage("docs/events.md", toBe: catalog.markdown)
    }
}

/// Compares a page of the project with what the code says it is.
func expectPage(_ path: String, toBe text: String, _ location: SourceLocation = #_sourceLocation) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let page = root.appending(path: path)
    if ProcessInfo.processInfo.environment["ATALAYA_WRITE_DOCS"] != nil {
        try text.write(to: page, atomically: true, encoding: .utf8)
    }
    let written = try String(contentsOf: page, encoding: .utf8)
    #expect(written == text, "\(path) is not what the code says; `make docs` writes it", sourceLocation: location)
}
