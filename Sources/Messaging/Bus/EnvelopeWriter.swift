/// Writes one envelope.
///
/// Numbers are in network order.
struct EnvelopeWriter {
    private(set) var bytes: [UInt8]

    /// - Parameter bytes: The bytes to append to.
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
