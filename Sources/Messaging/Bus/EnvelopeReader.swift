/// Walks through the fields of one envelope without copying.
struct EnvelopeReader {
    struct Field {
        /// `nil` for a field this build does not know.
        let tag: EnvelopeTag?
        let range: Range<Int>

        /// It must occur once, with the right size.
        func demand(_ isFirst: Bool = true, bytes: Int? = nil) throws(EnvelopeError) {
            guard let tag = self.tag else { return }
            guard isFirst else { throw .repeatedField(tag) }
            guard bytes == nil || self.range.count == bytes else { throw .badField(tag) }
        }
    }

    let flags: EnvelopeFlags
    /// The position of the next field; after the last one, of the payload.
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
