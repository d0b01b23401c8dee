import Foundation
package import Messaging

/// Answers what other instances ask on behalf of their operators, and what this one asks itself.
package struct FleetDesk: FleetResponder {
    private let routes: ManagementRoutes
    private let closer: any ConnectionCloser

    package init(routes: ManagementRoutes, closer: any ConnectionCloser) {
        self.routes = routes
        self.closer = closer
    }

    package func answer(_ question: FleetQuestion) async -> FleetReply {
        switch question.subject {
        case .inspect:
            guard let body = await self.routes.inspected(question.body) else { return .refused(.notSupported) }
            return .answered(body)
        case .close:
            guard let order = try? JSONDecoder().decode(ClosingOrder.self, from: Data(question.body)) else {
                return .refused(.failed)
            }
            guard let closed = try? await self.closer.close(order) else { return .refused(.late) }
            return .answered(ManagementJSON.encode(InspectedAnswer(status: 200, answer: closed)))
        case .explain, .debug:
            return .refused(.notSupported)
        }
    }
}
