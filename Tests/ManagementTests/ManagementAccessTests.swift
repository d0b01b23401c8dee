import HTTP
import Settings
import Testing

@testable import Management

@Suite struct ManagementAccessTests {
    private let withToken = ManagementAccess(token: Secret("correct horse"), environment: [:])
    private let withoutToken = ManagementAccess(token: nil, environment: ["HOME": "/root"])

    @Test(arguments: ["Bearer correct horse", "bearer correct horse", "BEARER  correct horse"])
    func `whoever brings the token is let in, from anywhere`(credentials: String) throws {
        let head = try head("POST /api/v1/drain", ["Host: gw:9090", "Authorization: \(credentials)"])
        #expect(self.withToken.refusal(of: head, from: try peer("203.0.113.9")) == nil)
    }

    @Test(arguments: [
        "Bearer correct hors", "Bearer correct horsf", "Bearer correct horse battery", "Bearer Correct horse",
    ])
    func `another token is refused`(credentials: String) throws {
        let head = try head("POST /api/v1/drain", ["Host: gw:9090", "Authorization: \(credentials)"])
        #expect(self.withToken.refusal(of: head, from: try peer()) == .tokenWrong)
    }

    @Test(arguments: ["Bearer", "Bearer ", "Basic Y29ycmVjdCBob3JzZQ==", "correct horse", "Bearercorrect horse"])
    func `what is no bearer token is none`(credentials: String) throws {
        let head = try head("POST /api/v1/drain", ["Host: gw:9090", "Authorization: \(credentials)"])
        #expect(self.withToken.refusal(of: head, from: try peer()) == .tokenMissing)
    }

    @Test func `with a token configured nobody is let in without it, from loopback neither`() throws {
        #expect(self.withToken.refusal(of: try head("POST /"), from: try peer()) == .tokenMissing)
        let twice = ["Host: a", "Authorization: Bearer correct horse", "Authorization: Bearer correct horse"]
        #expect(self.withToken.refusal(of: try head("POST /", twice), from: try peer()) == .tokenWrong)
    }

    @Test(
        arguments: ["127.0.0.1", "::1", "::ffff:127.0.0.1"],
        ["localhost", "127.0.0.1:9090", "127.0.0.2", "[::1]:9090", "LOCALHOST:1"]
    )
    func `without one this machine is let in`(ip: String, host: String) throws {
        let head = try head("POST /api/v1/drain", ["Host: \(host)"])
        #expect(self.withoutToken.refusal(of: head, from: try peer(ip)) == nil)
    }

    @Test(arguments: ["203.0.113.9", "10.0.0.1", "fe80::1", "::", "::ffff:10.0.0.1"])
    func `another machine is not`(ip: String) throws {
        let refusal = self.withoutToken.refusal(of: try head("POST /"), from: try peer(ip))
        guard case .notThisMachine = refusal else {
            Issue.record("\(ip) got \(String(describing: refusal))")
            return
        }
    }

    @Test(arguments: [
        ["Host: evil.example:9090"], ["Host: localhost.evil.example"], ["Host: 127.0.0.1.evil.example"],
        ["Host: [::2]"], ["Host: 127.0.0.1x:9090"], ["Host: localhost:9090", "Origin: http://evil.example"],
        ["Host: localhost:9090", "Origin: null"], ["Host: localhost:9090", "Origin: http://localhost:3000"],
        ["Host: localhost:9090", "Origin: https://localhost:9090"],
        ["Host: localhost:9090", "X-Forwarded-For: 203.0.113.9"],
        ["Host: localhost:9090", "Forwarded: for=203.0.113.9"],
        ["Host: localhost:9090", "Via: 1.1 proxy"],
    ])
    func `a name that was rebound, a stranger's page and a proxy are not this machine`(fields: [String]) throws {
        let refusal = self.withoutToken.refusal(of: try head("POST /api/v1/drain", fields), from: try peer())
        guard case .notThisMachine = refusal else {
            Issue.record("\(fields) got \(String(describing: refusal))")
            return
        }
    }

    @Test func `its own page may`() throws {
        let fields = ["Host: localhost:9090", "Origin: http://localhost:9090"]
        #expect(self.withoutToken.refusal(of: try head("POST /", fields), from: try peer()) == nil)
    }

    @Test func `in Kubernetes nobody is let in without a token, and with one as everywhere`() throws {
        let environment = ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]
        let closed = ManagementAccess(token: nil, environment: environment)
        #expect(closed.refusal(of: try head("POST /"), from: try peer()) == .nobody)
        let open = ManagementAccess(token: Secret("t"), environment: environment)
        let head = try head("POST /", ["Host: a", "Authorization: Bearer t"])
        #expect(open.refusal(of: head, from: try peer()) == nil)
    }
}
