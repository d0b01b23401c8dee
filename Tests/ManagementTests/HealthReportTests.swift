import Testing

@testable import Management

@Suite struct HealthReportTests {
    private let checks = HealthChecks(
        live: [HealthCheck("loop-0") { .ok }],
        ready: [
            HealthCheck("listening") { .ok }, HealthCheck("broker") { .degraded("Redis does not answer") },
            HealthCheck("draining") { .failed("a drain has begun") },
        ]
    )

    @Test func `each check has its line, in its order`() async {
        let report = await self.checks.report(on: .ready)
        #expect(!report.isPassed)
        #expect(
            report.verboseText == """
                [+]listening ok
                [+]broker ok: degraded, Redis does not answer
                [-]draining failed: a drain has begun
                readyz check failed

                """
        )
        #expect(
            String(decoding: ManagementJSON.encode(report.described), as: UTF8.self)
                == #"{"checks":[{"name":"listening","status":"ok"},{"name":"broker","reason":"Redis does not answer","#
                + #""status":"degraded"},{"name":"draining","reason":"a drain has begun","status":"failed"}],"#
                + #""status":"failed"}"#
        )
    }

    @Test func `degraded is passed`() async {
        let report = await HealthChecks(ready: [HealthCheck("broker") { .degraded("slow") }]).report(on: .ready)
        #expect(report.isPassed)
        #expect(report.verboseText.hasSuffix("readyz check passed\n"))
    }

    @Test func `a probe asks its own checks only, and passes where there are none`() async {
        #expect(await self.checks.report(on: .live).verboseText == "[+]loop-0 ok\nlivez check passed\n")
        #expect(await self.checks.report(on: .startup).verboseText == "startupz check passed\n")
    }
}
