import Gateway
import HTTPClient
import Management
import Notation
import Settings

/// The management listener of the gateway on this machine, found by the settings it was started with.
struct LocalManagement {
    private let address: String
    private let token: Secret?
    private let client = HTTPClient()

    init(_ settings: GatewaySettings) {
        // Listening on all addresses, it is reached over loopback.
        let listener = settings.managementListener
        let host = listener.host.flatMap { $0.isUnspecified ? nil : $0 } ?? .loopback
        let authority = host.version == .six ? "[\(host)]" : "\(host)"
        self.address = "http://\(authority):\(listener.port)"
        self.token = settings.management.token
    }

    /// Asks once, and waits three seconds at most.
    func ask(_ method: OutgoingRequest.Method, _ path: String) async throws(HTTPClientError) -> HTTPAnswer {
        var request = OutgoingRequest(method, self.address + path)
        request.timeout = .seconds(3)
        request.mayUseProxy = false
        if let token = self.token {
            request.headers = [(name: "Authorization", value: "Bearer \(token.revealed)")]
        }
        return try await self.client.send(request)
    }

    func reportUnanswered(_ path: String, _ error: HTTPClientError) {
        StandardError.report("\(self.address)\(path): \(error); is a gateway running there?")
    }
}
