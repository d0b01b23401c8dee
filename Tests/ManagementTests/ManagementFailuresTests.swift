import HTTPServer
import Instruments
import Reactor
import TestKit
import Testing

@testable import Management

@Suite struct ManagementFailuresTests {
    private struct Broken: Error {}

    @Test func `a request that the gateway failed to answer is counted and logged, and no other is`() throws {
        let sink = RecordedLog()
        let failures = ManagementFailures()
        let tell = ManagementEvent.tell(EventLog(threshold: .info, sink: sink), counting: failures)
        let peer = try #require(SocketAddress(ip: "192.0.2.7", port: 4711))
        for rejection in HTTPRejection.allCases {
            tell(rejection, peer, rejection == .handlerFailed ? Broken() : nil)
        }
        for rejection in HTTPRejection.allCases {
            #expect(failures.count(of: rejection) == (ManagementFailures.reasons.contains(rejection) ? 1 : 0))
        }
        let lines = sink.lines(of: "management.request_failed")
        #expect(lines.map { $0[.reason] } == ["overloaded", "handler_failed"])
        #expect(lines.map { $0[.error] } == ["too many requests at once", "Broken()"])
        #expect(lines.allSatisfy { $0[.remoteAddress] == "192.0.2.7" })
        #expect(sink.lines.state.count == 2)
    }
}
