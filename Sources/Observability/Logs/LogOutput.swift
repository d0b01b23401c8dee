// The one file of this target that faces the system's calls. `poll` gets a struct of this frame, `write` bytes of an
// array that outlives the call.
import Glibc

/// The descriptor that lines are written to, and how to write without ever being stuck in it.
///
/// Owned by the writer's thread, which closes it at its end.
struct LogOutput: ~Copyable {
    enum Outcome: Equatable {
        case written
        /// The reader is gone, the disk is full, nothing was ever open: `count` bytes were still taken.
        case failed(count: Int)
        /// Time is up with `count` bytes taken.
        case gaveUp(count: Int)
    }

    /// As much as a pipe takes without blocking once `poll` calls it writable (`PIPE_BUF`).
    private static let pieceBytes = 4096
    /// How often a stalled writer looks whether it should give up, in milliseconds.
    private static let patience: Int32 = 50

    private let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Another number for the same output, so that nothing that is opened later can stand in its place; negative where
    /// the process was started with it closed.
    static func duplicate(_ descriptor: Int32) -> Int32 {
        dup(descriptor)
    }

    deinit {
        if self.descriptor >= 0 { close(self.descriptor) }
    }

    /// Writes all of `bytes`, waiting for the reader for as long as `mayWait` says so.
    func write(_ bytes: [UInt8], mayWait: () -> Bool) -> Outcome {
        guard self.descriptor >= 0 else { return .failed(count: 0) }
        var taken = 0
        while taken < bytes.count {
            var state = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&state, 1, Self.patience) != 0 else {
                if mayWait() { continue }
                return .gaveUp(count: taken)
            }
            let piece = bytes[taken..<min(bytes.count, taken + Self.pieceBytes)]
            let result = unsafe piece.withUnsafeBytes { unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
            if result >= 0 {
                taken += result
            } else if errno != EINTR, errno != EAGAIN {
                return .failed(count: taken)
            } else if !mayWait() {
                return .gaveUp(count: taken)
            }
        }
        return .written
    }
}
