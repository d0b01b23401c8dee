import HTTP
import HTTPServer
import Instruments

/// `POST /api/v1/drain`: begins a drain, once, and reports its progress; to wait for its end, ask again.
///
/// 202 with `{"connectionsRemaining":12,"state":"closing"}`, 200 once the state is `drained`.
struct DrainEndpoint: Endpoint {
    let control: any DrainControl
    let log: EventLog

    var declaration: EndpointDeclaration {
        EndpointDeclaration(
            "beginDrain",
            .post,
            "/api/v1/drain",
            "Begins a drain, once, and says how far it is; to wait for its end, ask again.",
            answers: [
                .json(.ok, "The drain is over.", DrainProgress.self),
                .json(.accepted, "The drain has begun.", DrainProgress.self),
            ]
        )
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if await self.control.status().state == .serving {
            self.log.write(ManagementEvent.drainRequested, [(.remoteAddress, .text("\(request.peer)"))])
        }
        await self.control.begin()
        let status = await self.control.status()
        return .json(DrainProgress(status), status: status.state == .drained ? .ok : .accepted)
    }
}

/// How far a drain is.
struct DrainProgress: DescribedJSON {
    let state: String
    let connectionsRemaining: Int

    init(_ status: DrainStatus) {
        self.state = status.state.label
        self.connectionsRemaining = status.connectionsRemaining
    }

    static let schema = Schema.record(
        "DrainProgress",
        "How far a drain is.",
        [
            .member("state", .word(DrainState.allCases.map(\.label)), "What the instance does at the moment."),
            .member("connectionsRemaining", .count, "Connections that are still to be closed."),
        ]
    )
}
