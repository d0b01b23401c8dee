import HTTP
package import HTTPServer
package import Instruments
package import Reactor

/// Tells the log whom the public listener turned away, and why.
package struct HandshakeLog: Sendable {
    private let log: EventLog

    package init(_ log: EventLog) {
        self.log = log
    }

    /// The HTTP server refused a request.
    ///
    /// - Parameter error: What there is to say beside the rejection.
    package func rejected(_ rejection: HTTPRejection, _ peer: SocketAddress, _ error: (any Error)?) {
        var (status, sentence) = (rejection.status, rejection.sentence)
        if let fault = error as? HTTPError {
            (status, sentence) = (fault.status, "\(fault)")
        } else if let misdirection = error as? HTTPMisdirection {
            (status, sentence) = (misdirection.status, "\(misdirection)")
        }
        self.write("request", status, rejection.label, sentence, peer)
    }

    /// A request reached a WebSocket endpoint but got no 101.
    func rejected(_ refusal: UpgradeRefusal, _ peer: SocketAddress) {
        self.write("upgrade", refusal.status, refusal.reason.label, refusal.explanation, peer)
    }

    private func write(
        _ stage: String,
        _ status: HTTPStatus?,
        _ reason: String,
        _ error: String,
        _ peer: SocketAddress
    ) {
        self.log.write(
            TransportEvent.rejected,
            [
                (.remoteAddress, .text(peer.ip)), (.stage, .text(stage)), (.reason, .text(reason)),
                (.error, .text(error)),
            ] + (status.map { [(.status, .integer(Int64($0.code)))] } ?? [])
        )
    }
}

extension HTTPRejection {
    /// The answer to the client if its bytes were valid; `nil` if it gets no answer.
    fileprivate var status: HTTPStatus? {
        switch self {
        case .silent: nil
        case .headTimeout, .bodyTimeout: .requestTimeout
        case .malformed: .badRequest
        case .tooLarge: .contentTooLarge
        case .unsupported: .notImplemented
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .refused: .forbidden
        case .overloaded: .serviceUnavailable
        case .handlerFailed: .internalServerError
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .silent: "the client connected and sent nothing"
        case .headTimeout: "the head of the request did not come in time"
        case .bodyTimeout: "the body of the request did not come in time"
        case .malformed: "the request is malformed"
        case .tooLarge: "the request is too large"
        case .unsupported: "the request asks for something that is not supported"
        case .notFound: "there is nothing at this path"
        case .methodNotAllowed: "this path does not know the method"
        case .refused: "the request is not allowed"
        case .overloaded: "too many requests at once"
        case .handlerFailed: "answering the request failed"
        }
    }
}
