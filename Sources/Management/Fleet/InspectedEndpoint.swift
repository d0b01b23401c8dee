import HTTP
package import HTTPServer

/// An endpoint that the whole fleet can be asked about, with `?scope=fleet`.
package protocol InspectedEndpoint: Endpoint {
    /// What this instance alone has to say, in the form in which instances tell each other.
    associatedtype Local: Codable & Sendable

    /// Called with parameters that are as declared, and with any scope.
    func local(_ request: HTTPRequest) async throws -> Local
}

extension InspectedEndpoint {
    /// The answer to another instance that asks for an operator there.
    func inspected(_ request: HTTPRequest) async -> [UInt8] {
        do {
            try self.declaration.check(request)
            return ManagementJSON.encode(InspectedAnswer(status: 200, answer: try await self.local(request)))
        } catch {
            let status = (error as? HTTPProblem)?.status.code ?? 500
            return ManagementJSON.encode(InspectedAnswer<Local>(status: status, answer: nil))
        }
    }
}
