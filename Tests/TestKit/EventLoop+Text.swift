package import Reactor

extension EventLoop {
    /// Sends bytes given as an array.
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
    /// A batch of frames whose messages are numbered from `first`.
    package convenience init(lane: UInt8, _ frames: [[UInt8]], from first: UInt64 = 1) {
        self.init(lane: lane)
        for (place, frame) in frames.enumerated() {
            self.append(frame.span, number: first + UInt64(place))
        }
    }
}
