import Reactor

/// The part of an answer that the loop does not have yet: passed on in slices, each once the previous one was taken.
///
/// So a long answer neither fills the send queue nor is copied into it; a client that does not read holds one slice.
struct OutgoingBytes {
    /// Larger pieces are sent in slices of this size, the number of unsent bytes that the kernel is asked to hold.
    static let slice = 64 * 1024

    /// Whether the connection ends after this answer.
    var mustClose = false
    private var isQueued = false
    private var waiting: [UInt8] = []
    private var position = 0

    /// Whether something waits for `drained`.
    var isBacklogged: Bool { self.isQueued || !self.waiting.isEmpty }

    /// Sends any number of bytes.
    ///
    /// What cannot be sent now is shared, not copied, unless more follows.
    mutating func send(_ bytes: [UInt8], over loop: EventLoop, to connection: ConnectionHandle) {
        if self.isBacklogged {
            self.waiting += bytes
        } else if bytes.count <= Self.slice {
            self.isQueued = loop.send(bytes.span, to: connection) == .queued
        } else {
            self.waiting = bytes
            self.advance(over: loop, to: connection)
        }
    }

    /// The send queue is empty again.
    mutating func drained(over loop: EventLoop, to connection: ConnectionHandle) {
        self.isQueued = false
        self.advance(over: loop, to: connection)
    }

    private mutating func advance(over loop: EventLoop, to connection: ConnectionHandle) {
        let bytes = exchange(&self.waiting, with: [])
        var position = exchange(&self.position, with: 0)
        while !self.isQueued, position < bytes.count {
            let end = min(bytes.count, position + Self.slice)
            switch loop.send(bytes.span.extracting(position..<end), to: connection) {
            case .written: position = end
            case .queued:
                position = end
                self.isQueued = true
            case .overflowed, .refused, .failed:
                // The connection is ending; `closed` follows.
                return
            }
        }
        if position < bytes.count {
            self.waiting = bytes
            self.position = position
        }
    }
}
