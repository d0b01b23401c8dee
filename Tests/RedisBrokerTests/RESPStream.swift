/// Cuts a stream of RESP2 values, in either direction, into whole ones without changing a byte.
struct RESPStream {
    private var bytes: [UInt8] = []

    mutating func add(_ bytes: [UInt8]) {
        self.bytes += bytes
    }

    /// The bytes of the next whole value.
    mutating func next() -> [UInt8]? {
        guard let end = Self.end(of: self.bytes, from: 0) else { return nil }
        defer { self.bytes.removeFirst(end) }
        return Array(self.bytes[..<end])
    }

    private static func end(of bytes: [UInt8], from start: Int) -> Int? {
        guard let line = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let count = Int(String(decoding: bytes[(start + 1)..<(line - 1)], as: UTF8.self))
        switch bytes[start] {
        case UInt8(ascii: "$"):
            let end = line + 1 + ((count ?? -1) < 0 ? 0 : count! + 2)
            return end <= bytes.count ? end : nil
        case UInt8(ascii: "*"):
            var end = line + 1
            for _ in 0..<max(0, count ?? 0) {
                guard let next = self.end(of: bytes, from: end) else { return nil }
                end = next
            }
            return end
        default:
            return line + 1
        }
    }

    /// The texts of an array of bulks: a command, or what is pushed to a subscriber.
    static func parts(of frame: [UInt8]) -> [[UInt8]] {
        guard frame.first == UInt8(ascii: "*") else { return [] }
        var parts: [[UInt8]] = []
        var offset = frame.firstIndex(of: UInt8(ascii: "\n"))! + 1
        while offset < frame.count, let end = self.end(of: frame, from: offset) {
            let line = frame[offset...].firstIndex(of: UInt8(ascii: "\n"))! + 1
            parts.append(frame[offset] == UInt8(ascii: "$") ? Array(frame[line..<max(line, end - 2)]) : [])
            offset = end
        }
        return parts
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}
