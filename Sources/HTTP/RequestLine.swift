/// Scans a request line (RFC 9112 section 3); can stop anywhere and continue.
struct RequestLine {
    private enum Awaited {
        case start
        case emptyLineFeed
        case method
        case target
        case version
        case lineFeed
        case nothing
    }

    /// The longest method that is accepted; all known methods are shorter.
    static let maximumMethodBytes = 32

    private var awaited = Awaited.start
    private var skippedEmptyLine = false
    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var questionMark: Int?
    private(set) var isPercentEncoded = false
    private(set) var version = HTTPVersion.http11
    private var start = 0

    var isComplete: Bool { self.awaited == .nothing }

    /// Looks at `bytes` from `position` on, and moves it to the first byte not looked at.
    mutating func scan(_ bytes: Span<UInt8>, from position: inout Int) throws(HTTPError) {
        var index = position
        defer { position = index }
        while index < bytes.count {
            let byte = bytes[index]
            switch self.awaited {
            case .start:
                // RFC 9112 section 2.2: one empty line before a request is forgiven.
                if byte == HTTPByte.carriageReturn, !self.skippedEmptyLine {
                    self.awaited = .emptyLineFeed
                    index += 1
                } else {
                    self.start = index
                    self.awaited = .method
                }
            case .emptyLineFeed:
                guard byte == HTTPByte.lineFeed else { throw .bareCarriageReturn(at: index - 1) }
                self.skippedEmptyLine = true
                self.awaited = .start
                index += 1
            case .method:
                while index < bytes.count, HTTPByte.isToken(bytes[index]) {
                    index += 1
                }
                guard index - self.start <= Self.maximumMethodBytes else {
                    throw .methodTooLong(limit: Self.maximumMethodBytes)
                }
                guard index < bytes.count else { break }
                guard bytes[index] == HTTPByte.space, index > self.start else {
                    throw Self.fault(bytes[index], at: index)
                }
                self.method = self.start..<index
                index += 1
                self.start = index
                self.awaited = .target
            case .target:
                try self.scanTarget(bytes, &index)
            case .version:
                // At most eight bytes are looked at twice.
                guard byte == HTTPByte.carriageReturn else {
                    guard index - self.start < 8, byte > HTTPByte.space, byte < 0x7F else {
                        throw Self.fault(byte, at: index)
                    }
                    index += 1
                    break
                }
                self.version = try Self.version(bytes.extracting(self.start..<index), at: self.start)
                self.awaited = .lineFeed
                index += 1
            case .lineFeed:
                guard byte == HTTPByte.lineFeed else { throw .bareCarriageReturn(at: index - 1) }
                self.awaited = .nothing
                index += 1
                return
            case .nothing:
                return
            }
        }
    }

    private mutating func scanTarget(_ bytes: Span<UInt8>, _ index: inout Int) throws(HTTPError) {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@")...UInt8(ascii: "Z"), 0x26...0x3B,
                UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"):
                break
            case UInt8(ascii: "%"):
                self.isPercentEncoded = true
            case UInt8(ascii: "?"):
                if self.questionMark == nil {
                    self.questionMark = index
                }
            case HTTPByte.space:
                guard index > self.start else { throw .malformedRequestLine(at: index) }
                self.target = self.start..<index
                index += 1
                self.start = index
                self.awaited = .version
                return
            case UInt8(ascii: "["), UInt8(ascii: "]"):
                // An IPv6 address in absolute form; in a path, RequestTarget refuses them.
                break
            case UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
                UInt8(ascii: "}"):
                // Not allowed in a URI, but browsers write them in queries.
                guard self.questionMark != nil else { throw .malformedRequestLine(at: index) }
            default:
                throw Self.fault(byte, at: index)
            }
            index += 1
        }
    }

    private static func version(_ bytes: Span<UInt8>, at offset: Int) throws(HTTPError) -> HTTPVersion {
        let name = "HTTP/"
        let known = name.utf8.span
        guard bytes.count >= known.count else { throw .malformedRequestLine(at: offset) }
        for index in known.indices where bytes[index] != known[index] {
            throw .malformedRequestLine(at: offset)
        }
        guard bytes.count == 8, HTTPByte.isDigit(bytes[5]), bytes[6] == UInt8(ascii: "."), HTTPByte.isDigit(bytes[7])
        else { throw .unknownVersion }
        switch (bytes[5], bytes[7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): return .http11
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): return .http10
        default: throw .unknownVersion
        }
    }

    private static func fault(_ byte: UInt8, at index: Int) -> HTTPError {
        byte == HTTPByte.lineFeed ? .bareLineFeed(at: index) : .malformedRequestLine(at: index)
    }
}
