// The one file of this target that faces hiredis. A reader's pointer has one owner, this ~Copyable value, which frees
// it; what it holds is copied into values in the call that asks for it, and a formatted command is copied and freed at
// once. So no pointer outlives its call.
import CHiredis

/// One reply as Redis sent it.
///
/// Errors are values here; others decide what they mean.
enum RedisReply: Equatable, Sendable {
    case status(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case null
    /// Nested arrays read as `null`; nothing we ask for has any.
    case array([RedisReply])
}

/// The bytes are not replies, or too long for one.
struct RedisStreamError: Error, Equatable {}

/// Reads replies from bytes, however they are split.
@safe
struct RedisReplyReader: ~Copyable {
    /// How much of an incomplete reply may be kept.
    let maximumBytes: Int
    private let reader: OpaquePointer

    init(maximumBytes: Int) {
        guard let reader = unsafe atalaya_redis_reader_make() else {
            preconditionFailure("hiredis has no memory for a reader")
        }
        self.maximumBytes = maximumBytes
        unsafe self.reader = reader
    }

    deinit {
        unsafe atalaya_redis_reader_free(self.reader)
    }

    /// Takes bytes; call `next` until it returns `nil` before feeding more.
    mutating func feed(_ bytes: Span<UInt8>) throws(RedisStreamError) {
        let isTaken = unsafe atalaya_redis_reader_feed(self.reader, bytes)
        guard isTaken == 1 else { throw RedisStreamError() }
    }

    /// The next complete reply, or `nil` if more bytes are needed.
    ///
    /// After an error nothing more can be read.
    mutating func next() throws(RedisStreamError) -> RedisReply? {
        switch unsafe atalaya_redis_reader_next(self.reader) {
        case 1:
            let head = unsafe atalaya_redis_item_at(self.reader, -1)
            guard head.kind == UInt8(ascii: "*") else { return self.reply(at: -1) }
            return .array((0..<head.count).map { self.reply(at: Int32($0)) })
        case 0:
            guard unsafe atalaya_redis_reader_waiting(self.reader) <= self.maximumBytes else {
                throw RedisStreamError()
            }
            return nil
        default:
            throw RedisStreamError()
        }
    }

    private func reply(at index: Int32) -> RedisReply {
        let item = unsafe atalaya_redis_item_at(self.reader, index)
        switch item.kind {
        case UInt8(ascii: "+"): return .status(String(decoding: self.text(at: index, item.count), as: UTF8.self))
        case UInt8(ascii: "-"): return .error(String(decoding: self.text(at: index, item.count), as: UTF8.self))
        case UInt8(ascii: ":"): return .integer(item.integer)
        case UInt8(ascii: "$"): return .bulk(self.text(at: index, item.count))
        default: return .null
        }
    }

    private func text(at index: Int32, _ count: Int) -> [UInt8] {
        // Without capacity, the initialiser would write to the storage shared by all empty arrays.
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            var room = unsafe MutableSpan(_unsafeElements: buffer)
            initialized = unsafe atalaya_redis_text(self.reader, index, &room)
        }
    }
}

/// One command under construction; its parts may contain any bytes.
struct RedisCommand {
    /// The parts, one after the other.
    private var joined: [UInt8] = []
    private var lengths: [Int] = []

    init(_ parts: String...) {
        for part in parts {
            self.append(part)
        }
    }

    mutating func append(_ part: String) {
        self.joined += part.utf8
        self.lengths.append(part.utf8.count)
    }

    /// Appends one part, written in place.
    mutating func append(written write: (inout [UInt8]) -> Void) {
        let before = self.joined.count
        write(&self.joined)
        self.lengths.append(self.joined.count - before)
    }

    /// Appends the command in Redis' protocol.
    func append(to bytes: inout [UInt8]) {
        var count = 0
        guard
            let command = unsafe atalaya_redis_format(self.joined.span, self.lengths.span, &count)
        else {
            preconditionFailure("hiredis has no memory for a command of \(self.joined.count) bytes")
        }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: command, count: count))
        unsafe atalaya_redis_free_command(command)
    }
}
