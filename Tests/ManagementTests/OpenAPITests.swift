import Foundation
import HTTP
import Instruments
import Observability
import Testing

@testable import HTTPServer
@testable import Management

@Suite struct OpenAPITests {
    private struct NoDrain: DrainControl {
        func begin() async {}
        func status() async -> DrainStatus { DrainStatus(state: .serving, connectionsRemaining: 0) }
    }

    private func routes(token: Bool = true) throws -> ManagementRoutes {
        ManagementRoutes(
            version: "1.2.3",
            checks: HealthChecks(),
            metrics: try MetricRegistry([]),
            drain: NoDrain(),
            access: ManagementAccess(token: nil, environment: ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]),
            log: EventLog(threshold: .error, sink: NoLog())
        )
    }

    private func document() async throws -> [String: Any] {
        let routes = try self.routes()
        let request = HTTPRequest(head: try head("GET /openapi.json"), peer: try peer())
        guard case .route(let route, _) = routes.router.match(request.head) else { throw Missing() }
        #expect(routes.admission(request.head, route.pattern, request.peer) == nil, "needs no credentials")
        guard case .task(let handler) = route.handler else { throw Missing() }
        guard case .bytes(let bytes) = try await handler(request).body else { throw Missing() }
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private struct Missing: Error {}

    @Test func `it has every route, and nothing else`() async throws {
        let paths = try #require(try await self.document()["paths"] as? [String: [String: Any]])
        let described = paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } }
        let routes = try self.routes().router.routes.map { "\($0.method.name) \($0.pattern)" }
        #expect(described.sorted() == routes.sorted())
        #expect(Set(routes).isSuperset(of: ["GET /livez", "GET /metrics", "POST /api/v1/drain", "GET /openapi.json"]))
    }

    @Test func `it says which routes need no credentials`() async throws {
        let document = try await self.document()
        #expect(document["openapi"] as? String == "3.1.0")
        #expect((document["security"] as? [[String: [String]]]) == [["bearer": []]])
        let routes = try self.routes()
        for (path, methods) in try #require(document["paths"] as? [String: [String: [String: Any]]]) {
            for (method, operation) in methods {
                let isOpen = (operation["security"] as? [Any])?.isEmpty ?? false
                let asked = try head("\(method.uppercased()) \(path)")
                #expect(isOpen == (routes.admission(asked, path, try peer()) == nil), "\(path)")
            }
        }
    }

    @Test func `what it refers to is there, and names are unique`() async throws {
        let document = try await self.document()
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        let text = String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
        let used = text.matches(of: /schemas\\\/([A-Za-z]+)/).map { String($0.output.1) }
        #expect(Set(used) == Set(schemas.keys))
        let names = try self.routes().endpoints.map(\.declaration.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `every name in braces is declared, and nothing else of the path`() throws {
        for (declaration, _) in try self.routes().endpoints {
            let inPath = declaration.pattern.matches(of: /{([A-Za-z]+)}/).map { String($0.output.1) }
            #expect(declaration.parameters.filter { $0.place == .path }.map(\.name) == inPath)
        }
    }
}
