/// Why bytes that claim to be an envelope are none; the sentence for a log.
package enum EnvelopeError: Error, Equatable, Sendable {
    /// Written by a gateway of another version. Never taken for a payload.
    case unknownVersion(UInt8)
    /// It ends within its head or a field.
    case truncated
    /// More fields, or more bytes of them, than any version writes.
    case headTooLarge
    case badField(EnvelopeTag)
    case repeatedField(EnvelopeTag)
    case missingField(EnvelopeTag)
}

extension EnvelopeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownVersion(let version): "envelope of version \(version); this build reads \(EnvelopeFormat.version)"
        case .truncated: "envelope ends within its head or a field"
        case .headTooLarge: "envelope with more than \(EnvelopeFormat.maximumHeadBytes) bytes of fields"
        case .badField(let tag): "envelope whose field \(tag) cannot be read"
        case .repeatedField(let tag): "envelope with the field \(tag) twice"
        case .missingField(let tag): "envelope without the field \(tag)"
        }
    }
}

/// The fields this build knows; a reader skips all others.
package enum EnvelopeTag: UInt8, CaseIterable, Sendable {
    case messageID = 1
    case origin = 2
    case sequence = 3
    case epoch = 4
    case room = 5
    case user = 6
    case kind = 7
    case acceptedAt = 8
    case publishedAt = 9
    case trace = 10
    case sender = 11
    /// Of an announcement; may stand many times.
    case tail = 32
    case recall = 33
}

/// Bits of the head's second byte; a reader ignores those it does not know.
package struct EnvelopeFlags: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let excludesSender = EnvelopeFlags(rawValue: 1)
}

/// The frame that all envelopes share: magic, version, flags, then fields of tag, length and value, then the payload.
package enum EnvelopeFormat {
    /// 0xFF begins no UTF-8 text, so no text another program publishes is ever taken for an envelope.
    package static let magic: [UInt8] = [0xFF, 0x41, 0x54, 0x4C]
    package static let version: UInt8 = 1
    /// Stands where a tag would, and says that the rest is the payload.
    package static let payloadTag: UInt8 = 0
    package static let maximumHeadBytes = 64 * 1024
}

/// Writes one envelope.
///
/// Numbers are in network order.
struct EnvelopeWriter {
    private(set) var bytes: [UInt8]

    /// - Parameter bytes: What it is appended to.
    init(flags: EnvelopeFlags, bytes: consuming [UInt8]) {
        self.bytes = bytes
        self.bytes += EnvelopeFormat.magic
        self.bytes.append(EnvelopeFormat.version)
        self.bytes.append(flags.rawValue)
    }

    mutating func append(_ tag: EnvelopeTag, _ words: [UInt64], then byte: UInt8? = nil) {
        self.begin(tag, count: words.count * 8 + (byte == nil ? 0 : 1))
        for word in words {
            self.append(word)
        }
        if let byte {
            self.bytes.append(byte)
        }
    }

    mutating func append(_ tag: EnvelopeTag, byte: UInt8) {
        self.begin(tag, count: 1)
        self.bytes.append(byte)
    }

    mutating func append(_ tag: EnvelopeTag, _ words: [UInt64] = [], text: String) {
        self.begin(tag, count: words.count * 8 + text.utf8.count)
        for word in words {
            self.append(word)
        }
        self.bytes += text.utf8
    }

    mutating func append(payload: [UInt8]) {
        self.bytes.append(EnvelopeFormat.payloadTag)
        self.bytes += payload
    }

    private mutating func begin(_ tag: EnvelopeTag, count: Int) {
        self.bytes.append(tag.rawValue)
        self.bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        self.bytes.append(UInt8(truncatingIfNeeded: count))
    }

    private mutating func append(_ word: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            self.bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
        }
    }
}

/// Walks the fields of one envelope without copying.
struct EnvelopeReader {
    struct Field {
        /// `nil` for a field this build does not know.
        let tag: EnvelopeTag?
        let range: Range<Int>
    }

    let flags: EnvelopeFlags
    /// Of the next field; after the last one, of the payload.
    private(set) var offset: Int

    init(_ bytes: Span<UInt8>) throws(EnvelopeError) {
        let head = EnvelopeFormat.magic.count
        guard bytes.count > head else { throw .truncated }
        guard bytes[head] == EnvelopeFormat.version else { throw .unknownVersion(bytes[head]) }
        guard bytes.count > head + 1 else { throw .truncated }
        self.flags = EnvelopeFlags(rawValue: bytes[head + 1])
        self.offset = head + 2
    }

    static func hasMagic(_ bytes: Span<UInt8>) -> Bool {
        let magic = EnvelopeFormat.magic
        return bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
    }

    /// The next field; `nil` once the payload begins.
    mutating func next(in bytes: Span<UInt8>) throws(EnvelopeError) -> Field? {
        guard self.offset < bytes.count else { throw .truncated }
        let tag = bytes[self.offset]
        guard tag != EnvelopeFormat.payloadTag else {
            self.offset += 1
            return nil
        }
        guard self.offset + 3 <= bytes.count else { throw .truncated }
        let count = Int(bytes[self.offset + 1]) << 8 | Int(bytes[self.offset + 2])
        let start = self.offset + 3
        guard start + count <= EnvelopeFormat.maximumHeadBytes else { throw .headTooLarge }
        guard start + count <= bytes.count else { throw .truncated }
        self.offset = start + count
        return Field(tag: EnvelopeTag(rawValue: tag), range: start..<start + count)
    }
}

extension Span<UInt8> {
    /// Eight bytes in network order.
    func word(at offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in offset..<offset + 8 {
            word = word << 8 | UInt64(self[index])
        }
        return word
    }
}

extension [UInt8] {
    init(copying span: Span<UInt8>) {
        guard !span.isEmpty else {
            self = []
            return
        }
        self.init(capacity: span.count) { output in
            for index in span.indices {
                output.append(span[index])
            }
        }
    }
}
