// The one file of this target that makes system calls. `poll` gets a struct on the stack, `write` the bytes of an array
// that outlives the call.
import Glibc

/// The descriptor that lines are written to; writing to it never blocks for good.
///
/// Owned by the writer's thread, which closes it when it ends.
struct LogOutput: ~Copyable {
    enum Outcome: Equatable {
        case written
        /// The reader is gone, the disk is full, or nothing was open: only `count` bytes were taken.
        case failed(count: Int)
        /// Time ran out after `count` bytes.
        case gaveUp(count: Int)
    }

    /// As much as a pipe takes without blocking once `poll` calls it writable (`PIPE_BUF`).
    private static let pieceBytes = 4096
    /// How often a stalled writer checks whether to give up, in milliseconds.
    private static let patience: Int32 = 50

    private let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A duplicate of the output's descriptor, so that nothing opened later can take its place; negative if the process
    /// was started with it closed.
    static func duplicate(_ descriptor: Int32) -> Int32 {
        dup(descriptor)
    }

    deinit {
        if self.descriptor >= 0 { close(self.descriptor) }
    }

    /// Writes all of `bytes`, waiting for the reader for as long as `mayWait` allows.
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
