package import Reactor

/// Why a gateway does not start.
package enum GatewayFault: Error, Sendable, Equatable {
    case portTaken(listener: String, address: SocketAddress)
    case cannotListen(listener: String, reason: String)
    case engine(reason: String)
    case metrics(reason: String)

    init(engine error: ReactorError) {
        self = .engine(reason: "\(error)")
    }
}

extension GatewayFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .portTaken(let listener, let address):
            "\(listener).port: \(address) is taken by another process; stop that one or choose another port"
        case .cannotListen(let listener, let reason):
            "\(listener).host, \(listener).port: cannot listen there: \(reason)"
        case .engine(let reason): "the event loops cannot be made: \(reason)"
        case .metrics(let reason): "the metrics contradict each other: \(reason)"
        }
    }
}
