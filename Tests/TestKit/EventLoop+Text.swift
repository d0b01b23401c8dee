package import Reactor

extension EventLoop {
    /// Sends bytes that a test has as an array.
    @discardableResult
    package func send(
        _ bytes: [UInt8],
        to connection: ConnectionHandle,
        placement: SendPlacement = .inOrder
    ) -> SendResult {
        self.send(bytes.span, to: connection, placement: placement)
    }

    @discardableResult
    package func send(_ text: String, to connection: ConnectionHandle, placement: SendPlacement = .inOrder)
        -> SendResult
    {
        self.send(Array(text.utf8), to: connection, placement: placement)
    }
}

extension SendBatch {
    /// A batch of one room frame each.
    package convenience init(lane: UInt8, _ frames: [[UInt8]]) {
        self.init(lane: lane)
        for frame in frames {
            self.append(frame.span)
        }
    }
}
