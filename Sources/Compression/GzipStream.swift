// The one file of this target that faces zlib. The stream's pointer has one owner, this ~Copyable value, which frees
// it; zlib's pointers into input and output are set and cleared within one call.
import CZlib

/// Writes one gzip member (RFC 1952), piece by piece.
///
/// Holds about 256 KiB while it lives. Not to be shared between threads.
@safe
package struct GzipStream: ~Copyable {
    /// How much effort goes into making the output smaller.
    package enum Level: Int32, Sendable {
        case fast = 1
        case balanced = 6
    }

    private enum Flush: Int32 {
        case none = 0
        case readable = 1
        case end = 2
    }

    private let stream: OpaquePointer

    package init(level: Level = .balanced) {
        guard let stream = unsafe atalaya_gzip_begin(level.rawValue) else {
            preconditionFailure("zlib has no memory for a stream")
        }
        unsafe self.stream = stream
    }

    deinit {
        unsafe atalaya_gzip_end(self.stream)
    }

    /// Compresses `bytes` and appends what is ready to `output`.
    ///
    /// - Parameter readable: Whether the other side must be able to read everything so far, at the cost of a few bytes;
    ///   for streams whose next piece may take long to come.
    package mutating func write(_ bytes: Span<UInt8>, readable: Bool = false, into output: inout [UInt8]) {
        self.run(bytes, readable ? .readable : .none, into: &output)
    }

    /// Appends the end of the stream to `output`.
    package consuming func finish(into output: inout [UInt8]) {
        let nothing: [UInt8] = []
        self.run(nothing.span, .end, into: &output)
    }

    private mutating func run(_ bytes: Span<UInt8>, _ flush: Flush, into output: inout [UInt8]) {
        var taken = 0
        var isDone = false
        while !isDone {
            output.append(addingCapacity: max(512, min(bytes.count - taken, 64 * 1024))) { output in
                let room = output.freeCapacity
                unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                    var free = unsafe MutableSpan(_unsafeElements: buffer.extracting(initialized...))
                    let step = unsafe atalaya_gzip_step(self.stream, bytes.extracting(taken...), &free, flush.rawValue)
                    precondition(step.outcome != 0, "a deflate stream was used after its end")
                    taken += step.taken
                    initialized += step.given
                    isDone =
                        flush == .end
                        ? step.outcome == 2
                        : taken == bytes.count && step.given < room
                }
            }
        }
    }
}

/// `bytes` as one gzip member.
package func gzip(_ bytes: Span<UInt8>, level: GzipStream.Level = .balanced) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(64 + bytes.count / 4)
    var stream = GzipStream(level: level)
    stream.write(bytes, into: &output)
    stream.finish(into: &output)
    return output
}
