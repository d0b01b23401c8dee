import Reactor

extension SocketEnding {
    /// What a client is told of an end that its socket brought about, and what the log says.
    var sentence: String {
        switch self {
        case .slowConsumer: "messages were not read in time: the send queue was full (queue.bytes)"
        case .queueAged: "messages were not read in time: one waited longer than queue.age"
        case .overBudget: "messages were not read in time: all send queues together exceeded queue.totalBytes"
        case .shutdown: "the gateway is stopping"
        case .peerClosed: "the client ended the TCP connection without a close frame"
        case .reset: "the TCP connection was reset"
        case .timedOut: "the client's machine does not answer any more"
        case .ioError(let errno), .connectFailed(let errno): "the TCP connection failed with errno \(errno)"
        case .cipherFailed: "the encryption of the connection failed"
        case .local: "the gateway closed the connection"
        }
    }
}
