import HTTP
import HTTPServer
package import Instruments
import Messaging
import Reactor

/// Closes connections for operators, wherever in the fleet they are.
package struct OperatorCloser: Sendable {
    private let here: any ConnectionCloser
    private let fleet: FleetInquirer
    private let log: EventLog

    package init(here: any ConnectionCloser, fleet: FleetInquirer, log: EventLog) {
        self.here = here
        self.fleet = fleet
        self.log = log
    }

    /// - Parameter what: What is to be closed, for the log and the problem.
    func close(_ target: ClosingOrder.Target, _ request: HTTPRequest) async throws -> ClosedAnswer {
        let order = ClosingOrder(
            target,
            code: try request[CloseCodes.code],
            reason: try request[CloseCodes.reason] ?? "closed by an operator"
        )
        let (closed, coverage) = try await self.carryOut(order)
        if closed > 0 {
            self.log.write(
                ManagementEvent.connectionsClosed,
                [
                    target.field, (.remoteAddress, .text(request.peer.ip)), (.closeCode, .integer(Int64(order.code))),
                    (.error, .text(order.reason)), (.count, .integer(Int64(closed))),
                ]
            )
            return ClosedAnswer(closed: closed, complete: coverage.isComplete, unanswered: coverage.unanswered)
        }
        throw coverage.problem(target.absence)
    }

    private func carryOut(_ order: ClosingOrder) async throws -> (closed: Int, coverage: FleetCoverage) {
        // A connection is on one instance: if on this one, nobody else needs to be asked.
        if case .connection = order.target {
            let own = try await self.here.close(order)
            if own.closed > 0 { return (own.closed, .whole) }
        }
        let reading = try await self.fleet.command(.close, order, as: ClosingCount.self)
        return (reading.locals.reduce(0) { $0 + $1.local.closed }, reading.coverage)
    }
}

extension ClosingOrder.Target {
    /// That there is nothing to close.
    fileprivate var absence: String {
        switch self {
        case .connection(let id): "connection \(id) is not open"
        case .user(let id): "user \(id) has no open connection"
        }
    }

    fileprivate var field: (LogField, LogValue) {
        switch self {
        case .connection(let id): (.connectionId, .text(id.text))
        case .user(let id): (.userId, .text(id.text))
        }
    }
}

/// What has been closed in the whole fleet.
struct ClosedAnswer: DescribedJSON {
    let closed: Int
    let complete: Bool
    let unanswered: [String]

    static let schema = Schema.record(
        "ClosedConnections",
        "What has been closed in the whole fleet.",
        [.member("closed", .count, "How many connections have been closed.")] + FleetCoverage.schemaMembers
    )

    static let answers: [EndpointDeclaration.Answer] = [
        .json(.ok, "At least one connection has been closed.", ClosedAnswer.self),
        .problem(.notFound, "There is none, on any instance."),
        .problem(.gatewayTimeout, "There is none on the instances that answered; some did not."),
    ]
}
