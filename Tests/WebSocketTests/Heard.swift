import WebSocket

/// What a decoder said, with all payloads as bytes of their own.
enum Heard: Equatable {
    case message(MessageKind, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    case fault(WebSocketFault)

    static func text(_ text: String) -> Heard { .message(.text, Array(text.utf8)) }
    static func binary(_ bytes: [UInt8]) -> Heard { .message(.binary, bytes) }
}

/// Feeds `bytes` in pieces that end at `cuts` (ascending), and says all that was heard.
func heard(
    _ bytes: [UInt8],
    cuts: [Int] = [],
    as role: WebSocketRole = .server,
    limit: Int = 1 << 20
) -> [Heard] {
    var decoder = FrameDecoder(role: role, maximumMessageBytes: limit)
    var result: [Heard] = []
    var start = 0
    for end in cuts + [bytes.count] {
        var buffer = Array(bytes[start..<end])
        start = end
        var offset = 0
        while true {
            var span = buffer.mutableSpan
            guard let event = decoder.next(&span, from: &offset) else { break }
            let buffer = buffer
            func copy(_ payload: FramePayload) -> [UInt8] {
                payload.withBytes(in: buffer.span) { bytes in bytes.indices.map { bytes[$0] } }
            }
            switch event {
            case .message(let kind, let payload): result.append(.message(kind, copy(payload)))
            case .ping(let payload): result.append(.ping(copy(payload)))
            case .pong(let payload): result.append(.pong(copy(payload)))
            case .close(let close): result.append(.close(close.code, close.reason))
            case .fault(let fault): result.append(.fault(fault))
            }
        }
        precondition(offset == buffer.count, "a decoder uses everything up")
    }
    return result
}

/// The same, one byte at a time.
func heardByteByByte(_ bytes: [UInt8], as role: WebSocketRole = .server, limit: Int = 1 << 20) -> [Heard] {
    heard(bytes, cuts: Array(bytes.isEmpty ? 0..<0 : 1..<bytes.count), as: role, limit: limit)
}

/// A frame as anybody could write it, right or wrong.
func frame(
    _ opcode: UInt8,
    _ payload: [UInt8],
    final: Bool = true,
    reserved: UInt8 = 0,
    key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D],
    lengthBytes: Int? = nil,
    announced: UInt64? = nil
) -> [UInt8] {
    let length = announced ?? UInt64(payload.count)
    let lengthBytes = lengthBytes ?? (length < 126 ? 0 : length <= 0xFFFF ? 2 : 8)
    var bytes = [(final ? 0x80 : 0) | reserved | opcode]
    let short = lengthBytes == 0 ? UInt8(length) : lengthBytes == 2 ? 126 : 127
    bytes.append((key == nil ? 0 : 0x80) | short)
    for index in (0..<lengthBytes).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * UInt64(index)))) }
    bytes += key ?? []
    bytes += payload.enumerated().map { index, byte in byte ^ (key?[index % 4] ?? 0) }
    return bytes
}

func text(_ text: String, final: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), final: final) }

func closing(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
    frame(8, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + reason)
}
