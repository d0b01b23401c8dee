import HTTP
import HTTPServer
import Instruments

/// `POST /api/v1/drain`: begins a drain, once, and reports its progress; to wait for its end, ask again.
///
/// 202 with `{"connectionsRemaining":12,"state":"closing"}`, 200 once the state is `drained`.
struct DrainEndpoint: Endpoint {
    let control: any DrainControl
    let log: EventLog

    var method: HTTPMethod { .post }
    var pattern: String { "/api/v1/drain" }
    var isOpen: Bool { false }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        struct Body: Encodable {
            let state: String
            let connectionsRemaining: Int
        }
        if await self.control.status().state == .serving {
            self.log.write(ManagementEvent.drainRequested, [(.remoteAddress, .text("\(request.peer)"))])
        }
        await self.control.begin()
        let status = await self.control.status()
        let body = Body(state: status.state.label, connectionsRemaining: status.connectionsRemaining)
        return .momentary(
            ManagementJSON.encode(body),
            "application/json",
            status: status.state == .drained ? .ok : .accepted
        )
    }
}
