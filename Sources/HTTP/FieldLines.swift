/// Scans field lines up to and including the empty line that ends them; can stop anywhere and continue.
///
/// Between two calls the buffer only grows at its end, so each byte is looked at once however it arrives. What RFC
/// 9112 section 5 lets a recipient repair (folded lines, blanks before the colon, a bare line feed) is refused.
struct FieldLines {
    private enum Awaited {
        case lineStart
        case name
        case valueStart
        case value
        case lineFeed
        case lastLineFeed
    }

    private(set) var fields: [HTTPHeaders.Field] = []
    private var awaited = Awaited.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    /// The end of the non-blank part.
    private var valueEnd = 0

    /// Looks at `bytes` from `position` on.
    ///
    /// - Parameters:
    ///   - position: Moved to the first byte that was not looked at.
    ///   - limit: The maximum number of field lines.
    /// - Returns: Whether the empty line was found; `position` is then right after it.
    mutating func scan(
        _ bytes: Span<UInt8>,
        from position: inout Int,
        limit: Int
    ) throws(HTTPError) -> Bool {
        var index = position
        defer { position = index }
        while index < bytes.count {
            let byte = bytes[index]
            switch self.awaited {
            case .lineStart:
                if byte == HTTPByte.carriageReturn {
                    self.awaited = .lastLineFeed
                    index += 1
                } else if HTTPByte.isBlank(byte) {
                    throw .foldedField(at: index)
                } else if self.fields.count == limit {
                    throw .tooManyFields(limit: limit)
                } else if byte == HTTPByte.colon {
                    throw .malformedFieldName(byte: byte, at: index)
                } else {
                    self.nameStart = index
                    self.awaited = .name
                }
            case .name:
                while index < bytes.count, HTTPByte.isToken(bytes[index]) {
                    index += 1
                }
                guard index < bytes.count else { break }
                guard bytes[index] == HTTPByte.colon else { throw Self.fault(inName: bytes[index], at: index) }
                self.nameEnd = index
                self.awaited = .valueStart
                index += 1
            case .valueStart:
                if HTTPByte.isBlank(byte) {
                    index += 1
                } else {
                    self.valueStart = index
                    self.valueEnd = index
                    self.awaited = .value
                }
            case .value:
                var end = self.valueEnd
                while index < bytes.count, HTTPByte.isFieldValue(bytes[index]) {
                    let isBlank = HTTPByte.isBlank(bytes[index])
                    index += 1
                    end = isBlank ? end : index
                }
                self.valueEnd = end
                guard index < bytes.count else { break }
                switch bytes[index] {
                case HTTPByte.carriageReturn: self.awaited = .lineFeed
                case HTTPByte.lineFeed: throw .bareLineFeed(at: index)
                case let other: throw .malformedFieldValue(byte: other, at: index)
                }
                index += 1
            case .lineFeed:
                guard byte == HTTPByte.lineFeed else { throw .bareCarriageReturn(at: index - 1) }
                self.commit()
                self.awaited = .lineStart
                index += 1
            case .lastLineFeed:
                guard byte == HTTPByte.lineFeed else { throw .bareCarriageReturn(at: index - 1) }
                index += 1
                return true
            }
        }
        return false
    }

    private mutating func commit() {
        if self.fields.isEmpty {
            self.fields.reserveCapacity(16)
        }
        self.fields.append(
            HTTPHeaders.Field(
                nameStart: UInt32(truncatingIfNeeded: self.nameStart),
                nameEnd: UInt32(truncatingIfNeeded: self.nameEnd),
                valueStart: UInt32(truncatingIfNeeded: self.valueStart),
                valueEnd: UInt32(truncatingIfNeeded: self.valueEnd)
            )
        )
    }

    private static func fault(inName byte: UInt8, at index: Int) -> HTTPError {
        byte == HTTPByte.lineFeed ? .bareLineFeed(at: index) : .malformedFieldName(byte: byte, at: index)
    }
}
