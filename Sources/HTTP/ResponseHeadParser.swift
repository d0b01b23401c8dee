internal import ByteKernels

/// An answer's status line and fields, as a client reads them.
package struct ReceivedResponseHead: Sendable {
    package let status: HTTPStatus
    package let version: HTTPVersion
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    package let connection: ConnectionOptions

    /// Whether the connection can carry another request after this answer.
    package var keepAlive: Bool {
        self.version == .http11 && !self.connection.contains(.close) && self.framing != .untilClose
    }
}

/// Reads the heads of answers, the client's side of `RequestHeadParser`.
///
/// A head with a 1xx status other than 101 is followed by another head; the caller asks again.
package struct ResponseHeadParser: Sendable {
    package enum Progress: Sendable {
        case needsMore
        case head(ReceivedResponseHead, used: Int)
    }

    private let limits: HTTPLimits
    private var kept: [UInt8] = []
    private var position = 0
    private var line = StatusLine()
    private var fields = FieldLines()

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Takes the bytes that follow those of the last call.
    ///
    /// - Parameter method: The request's method; an answer to HEAD has no body, whatever its fields say.
    package mutating func read(
        _ bytes: Span<UInt8>,
        answering method: HTTPMethod
    ) throws(HTTPError) -> Progress {
        var kept = exchange(&self.kept, with: [])
        let before = kept.count
        kept.append(copying: bytes.extracting(first: self.limits.headBytes - before))
        guard try self.scan(kept.span) else {
            guard before + bytes.count < self.limits.headBytes else {
                throw .headTooLarge(limit: self.limits.headBytes)
            }
            self.kept = kept
            return .needsMore
        }
        let used = self.position - before
        kept.removeLast(kept.count - self.position)
        return .head(try self.finish(kept, method), used: used)
    }

    private mutating func scan(_ bytes: Span<UInt8>) throws(HTTPError) -> Bool {
        if !self.line.isComplete {
            try self.line.scan(bytes, from: &self.position)
            guard self.line.isComplete else { return false }
        }
        return try self.fields.scan(bytes, from: &self.position, limit: self.limits.fields)
    }

    private mutating func finish(_ bytes: [UInt8], _ method: HTTPMethod) throws(HTTPError) -> ReceivedResponseHead {
        let line = exchange(&self.line, with: StatusLine())
        let lines = exchange(&self.fields, with: FieldLines())
        self.position = 0
        let meaning = try FieldMeaning(lines.fields, bytes.span, version: line.version)
        let status = HTTPStatus(code: line.code)
        return ReceivedResponseHead(
            status: status,
            version: line.version,
            headers: HTTPHeaders(bytes: bytes, fields: lines.fields),
            framing: meaning.responseFraming(status: status, to: method),
            connection: meaning.connection
        )
    }
}

/// Scans `HTTP/1.1 200 phrase` (RFC 9112 section 4); can stop anywhere and continue.
private struct StatusLine {
    private enum Awaited {
        case fixedPart
        case phrase
        case lineFeed
        case nothing
    }

    private var awaited = Awaited.fixedPart
    private(set) var version = HTTPVersion.http11
    private(set) var code: UInt16 = 0

    var isComplete: Bool { self.awaited == .nothing }

    mutating func scan(_ bytes: Span<UInt8>, from position: inout Int) throws(HTTPError) {
        while position < bytes.count {
            let byte = bytes[position]
            switch self.awaited {
            case .fixedPart:
                try self.takeFixed(byte, at: position)
            case .phrase:
                if byte == HTTPByte.carriageReturn {
                    self.awaited = .lineFeed
                } else if !HTTPByte.isFieldValue(byte) {
                    throw byte == HTTPByte.lineFeed ? .bareLineFeed(at: position) : .malformedStatusLine(at: position)
                }
            case .lineFeed:
                guard byte == HTTPByte.lineFeed else { throw .bareCarriageReturn(at: position - 1) }
                self.awaited = .nothing
                position += 1
                return
            case .nothing:
                return
            }
            position += 1
        }
    }

    /// `HTTP/1.` digit, space, three digits, and then a space or, with some servers, the end of the line.
    private mutating func takeFixed(_ byte: UInt8, at position: Int) throws(HTTPError) {
        let pattern = "HTTP/1."
        let fixed = pattern.utf8.span
        switch position {
        case 0..<7:
            guard byte == fixed[position] else {
                throw position == 5 && HTTPByte.isDigit(byte) ? .unknownVersion : .malformedStatusLine(at: position)
            }
        case 7:
            guard byte == UInt8(ascii: "1") || byte == UInt8(ascii: "0") else { throw .unknownVersion }
            self.version = byte == UInt8(ascii: "1") ? .http11 : .http10
        case 9..<12:
            guard HTTPByte.isDigit(byte), position > 9 || byte != UInt8(ascii: "0") else {
                throw .malformedStatusLine(at: position)
            }
            self.code = self.code * 10 + UInt16(byte - UInt8(ascii: "0"))
        case 12 where byte == HTTPByte.carriageReturn:
            self.awaited = .lineFeed
        default:
            guard byte == HTTPByte.space else { throw .malformedStatusLine(at: position) }
            self.awaited = position == 12 ? .phrase : .fixedPart
        }
    }
}
