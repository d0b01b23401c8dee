/// Decodes a chunked body (RFC 9112 section 7.1) in place, however it is split.
///
/// Chunk sizes must be plain hexadecimal digits, and lines must end with CRLF. Extensions are bounded and ignored.
/// Trailers must follow the grammar of fields, are bounded, and are then dropped, since nothing here uses them.
package struct ChunkedDecoder: Sendable {
    package enum Event: Equatable, Sendable {
        /// A piece of the body, as a range of the given bytes.
        case data(Range<Int>)
        /// The body and its trailers are over.
        case end
    }

    private enum Awaited {
        case size(digits: Int)
        case sizeLineFeed
        /// After the size: `;` and what follows. Quoted strings do not matter, since they cannot contain a line end.
        case chunkExtension(bytes: Int)
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailers
        case nothing
    }

    private let limits: HTTPLimits
    private var awaited = Awaited.size(digits: 0)
    /// How much of the chunk is left, or the part of its size read so far.
    private var remaining = 0
    private var trailers: [UInt8] = []
    private var trailerPosition = 0
    private var trailerLines = FieldLines()

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// The next event from the bytes at `offset`, which is moved past it; `nil` when all bytes are taken.
    package mutating func next(_ bytes: Span<UInt8>, from offset: inout Int) throws(HTTPError) -> Event? {
        while offset < bytes.count {
            let byte = bytes[offset]
            switch self.awaited {
            case .size(let digits):
                offset += 1
                try self.takeSize(byte, digits)
            case .chunkExtension(let count):
                offset += 1
                if byte == HTTPByte.carriageReturn {
                    self.awaited = .sizeLineFeed
                } else {
                    guard HTTPByte.isFieldValue(byte) else { throw .malformedChunk }
                    guard count < self.limits.chunkExtensionBytes else {
                        throw .chunkExtensionTooLong(limit: self.limits.chunkExtensionBytes)
                    }
                    self.awaited = .chunkExtension(bytes: count + 1)
                }
            case .sizeLineFeed:
                offset += 1
                guard byte == HTTPByte.lineFeed else { throw .malformedChunk }
                self.awaited = self.remaining == 0 ? .trailers : .data
            case .data:
                let count = min(self.remaining, bytes.count - offset)
                let range = offset..<(offset + count)
                offset += count
                self.remaining -= count
                if self.remaining == 0 {
                    self.awaited = .dataCarriageReturn
                }
                return .data(range)
            case .dataCarriageReturn:
                offset += 1
                guard byte == HTTPByte.carriageReturn else { throw .malformedChunk }
                self.awaited = .dataLineFeed
            case .dataLineFeed:
                offset += 1
                guard byte == HTTPByte.lineFeed else { throw .malformedChunk }
                self.awaited = .size(digits: 0)
            case .trailers:
                guard try self.takeTrailer(byte) else {
                    offset += 1
                    continue
                }
                offset += 1
                self.awaited = .nothing
                return .end
            case .nothing:
                return nil
            }
        }
        return nil
    }

    private mutating func takeSize(_ byte: UInt8, _ digits: Int) throws(HTTPError) {
        if let value = HTTPByte.hexValue(byte) {
            // Fifteen digits always fit; with more, the size would exceed every limit.
            guard digits < 15 else { throw .malformedChunk }
            self.remaining = self.remaining << 4 | Int(value)
            self.awaited = .size(digits: digits + 1)
        } else {
            guard digits > 0 else { throw .malformedChunk }
            switch byte {
            case HTTPByte.carriageReturn: self.awaited = .sizeLineFeed
            case UInt8(ascii: ";"): self.awaited = .chunkExtension(bytes: 1)
            default: throw .malformedChunk
            }
        }
    }

    /// - Returns: Whether it was the last byte of the trailers.
    private mutating func takeTrailer(_ byte: UInt8) throws(HTTPError) -> Bool {
        self.trailers.append(byte)
        guard self.trailers.count <= self.limits.trailerBytes else {
            throw .headTooLarge(limit: self.limits.trailerBytes)
        }
        let trailers = self.trailers
        var position = self.trailerPosition
        defer { self.trailerPosition = position }
        return try self.trailerLines.scan(trailers.span, from: &position, limit: self.limits.fields)
    }
}
