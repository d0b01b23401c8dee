import TestKit
import Testing
import WebSocket

/// A second reading of RFC 6455, written for being obvious: the whole stream at once, one list of what is heard.
private func naivelyHeard(_ bytes: [UInt8], limit: Int) -> [Heard] {
    var result: [Heard] = []
    var rest = bytes[...]
    var fragments: (opcode: UInt8, bytes: [UInt8])?

    /// Whether `text` is UTF-8, or could still become it if more comes.
    func isText(_ text: [UInt8], whole: Bool) -> Bool {
        if String(validating: text, as: UTF8.self) != nil { return true }
        guard !whole else { return false }
        let endings: [[UInt8]] = [[0x80], [0x90], [0xA0], [0xBF]]
        var candidates = endings
        for _ in 0..<3 {
            if candidates.contains(where: { String(validating: text + $0, as: UTF8.self) != nil }) { return true }
            candidates = candidates.flatMap { candidate in endings.map { candidate + $0 } }
        }
        return false
    }

    while let first = rest.first {
        if first & 0x70 != 0 { return result + [.fault(.reservedBits(first & 0x70))] }
        let opcode = first & 15
        let isFinal = first >= 0x80
        if ![0, 1, 2, 8, 9, 10].contains(opcode) { return result + [.fault(.reservedOpcode(opcode))] }
        if opcode >= 8, !isFinal { return result + [.fault(.fragmentedControlFrame)] }
        if opcode == 0, fragments == nil { return result + [.fault(.continuationOfNothing)] }
        if opcode == 1 || opcode == 2, fragments != nil { return result + [.fault(.messageInsideMessage)] }
        rest = rest.dropFirst()
        guard let second = rest.popFirst() else { return result }
        if second < 0x80 { return result + [.fault(.unmaskedFromClient)] }
        var length = UInt64(second & 127)
        if opcode >= 8, length > 125 { return result + [.fault(.controlFrameTooLong)] }
        if length > 125 {
            let size = length == 126 ? 2 : 8
            guard rest.count >= size else { return result }
            length = rest.prefix(size).reduce(0) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(size)
            if length > UInt64(Int64.max) { return result + [.fault(.lengthTooLarge)] }
            if length < (size == 2 ? 126 : 65536) { return result + [.fault(.lengthNotMinimal)] }
        }
        let total = length + UInt64(fragments?.bytes.count ?? 0)
        if opcode < 8, total > UInt64(limit) { return result + [.fault(.messageTooBig(bytes: total, limit: limit))] }
        guard rest.count >= 4 else { return result }
        let key = Array(rest.prefix(4))
        rest = rest.dropFirst(4)
        let payload = rest.prefix(Int(length)).enumerated().map { $1 ^ key[$0 % 4] }
        rest = rest.dropFirst(Int(length))
        let isWhole = payload.count == Int(length)
        switch opcode {
        case 8:
            guard isWhole else { return result }
            if payload.isEmpty { return result + [.close(nil, "")] }
            if payload.count == 1 { return result + [.fault(.closePayloadOfOneByte)] }
            let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
            guard (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code) else {
                return result + [.fault(.closeCodeNotForTheWire(code))]
            }
            guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else {
                return result + [.fault(.invalidUTF8)]
            }
            return result + [.close(code, reason)]
        case 9, 10:
            guard isWhole else { return result }
            result.append(opcode == 9 ? .ping(payload) : .pong(payload))
        default:
            let kind = fragments?.opcode ?? opcode
            let message = (fragments?.bytes ?? []) + payload
            if kind == 1, !isText(message, whole: isFinal && isWhole) { return result + [.fault(.invalidUTF8)] }
            guard isWhole else { return result }
            fragments = isFinal ? nil : (kind, message)
            if isFinal { result.append(.message(kind == 1 ? .text : .binary, message)) }
        }
    }
    return result
}

private func randomStream(using random: inout SeededGenerator) -> [UInt8] {
    let words = ["", "a", "Hello", "añ€😀", String(repeating: "x", count: 130), "κόσμε"]
    var bytes: [UInt8] = []
    var isInside = false
    for _ in 0..<Int.random(in: 1...8, using: &random) {
        let key = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
        let payload = Array(words.randomElement(using: &random)!.utf8)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: bytes += frame(9, Array(payload.prefix(125)), key: key)
        case 1: bytes += frame(10, Array(payload.prefix(125)), key: key)
        case 2: bytes += frame(8, [0x03, 0xE8] + payload.prefix(100), key: key)
        default:
            let isFinal = Bool.random(using: &random)
            let first: UInt8 = Bool.random(using: &random) ? 1 : 2
            bytes += frame(isInside ? 0 : first, payload, final: isFinal, key: key)
            isInside = !isFinal
        }
    }
    return bytes
}

@Suite struct FrameStreamTests {
    @Test func `random streams, cut anywhere and mutated, are heard as the naive reading hears them`() {
        var random = SeededGenerator()
        var faults = 0
        for _ in 0..<4_000 {
            var bytes = randomStream(using: &random)
            for _ in 0..<[0, 0, 1, 3].randomElement(using: &random)! {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 2: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                default: bytes.removeLast(bytes.count - place)
                }
                if bytes.isEmpty { bytes = [0x81] }
            }
            let limit = [4, 100, 1 << 20].randomElement(using: &random)!
            let expected = naivelyHeard(bytes, limit: limit)
            var cuts = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }
            cuts.sort()
            if case .fault = expected.last { faults += 1 }
            if heard(bytes, limit: limit) != expected { Issue.record("\(bytes)") }
            if heard(bytes, cuts: cuts, limit: limit) != expected { Issue.record("\(bytes) cut at \(cuts)") }
            if heardByteByByte(bytes, limit: limit) != expected { Issue.record("\(bytes) byte by byte") }
        }
        #expect(faults > 400, "mutations found their mark")
    }

    @Test func `noise never ends anything but the connection`() {
        var random = SeededGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if heard(bytes) != naivelyHeard(bytes, limit: 1 << 20) { Issue.record("\(bytes)") }
        }
    }
}
