internal import ByteKernels

/// Reads request heads one after the other: feed bytes, get heads.
///
/// A head that arrives in one piece is read in place and copied once. One that arrives in pieces is kept here, and each
/// byte is looked at once, so a client that sends single bytes costs no more than their number.
package struct RequestHeadParser: Sendable {
    package enum Progress: Sendable {
        /// All bytes were taken; the head is not complete yet.
        case needsMore
        /// The head ended after `used` bytes; what follows is the body or the next request.
        case head(RequestHead, used: Int)
    }

    private let limits: HTTPLimits
    private var kept: [UInt8] = []
    private var position = 0
    private var line = RequestLine()
    private var fields = FieldLines()

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    /// Whether the beginning of a head has been read.
    package var hasBegun: Bool { !self.kept.isEmpty }

    /// Takes the bytes that follow those of the last call.
    ///
    /// - Throws: As soon as a byte is wrong or a limit is exceeded. The parser must not be used after that.
    package mutating func read(_ bytes: Span<UInt8>) throws(HTTPError) -> Progress {
        if self.kept.isEmpty {
            let seen = bytes.extracting(first: self.limits.headBytes)
            guard try self.scan(seen) else {
                try self.checkLength(bytes.count)
                self.kept.append(copying: seen)
                return .needsMore
            }
            let used = self.position
            return .head(try self.finish([UInt8](copying: bytes.extracting(first: used))), used: used)
        }
        var kept = exchange(&self.kept, with: [])
        let before = kept.count
        kept.append(copying: bytes.extracting(first: self.limits.headBytes - before))
        guard try self.scan(kept.span) else {
            try self.checkLength(before + bytes.count)
            self.kept = kept
            return .needsMore
        }
        let used = self.position - before
        kept.removeLast(kept.count - self.position)
        return .head(try self.finish(kept), used: used)
    }

    /// - Returns: Whether the head is complete; it ends at `self.position`.
    private mutating func scan(_ bytes: Span<UInt8>) throws(HTTPError) -> Bool {
        if !self.line.isComplete {
            try self.line.scan(bytes, from: &self.position)
            guard self.line.isComplete else { return false }
        }
        return try self.fields.scan(bytes, from: &self.position, limit: self.limits.fields)
    }

    private func checkLength(_ count: Int) throws(HTTPError) {
        guard count >= self.limits.headBytes else { return }
        if self.line.isComplete {
            throw .headTooLarge(limit: self.limits.headBytes)
        }
        throw .targetTooLong(limit: self.limits.headBytes)
    }

    private mutating func finish(_ bytes: [UInt8]) throws(HTTPError) -> RequestHead {
        let line = exchange(&self.line, with: RequestLine())
        let lines = exchange(&self.fields, with: FieldLines())
        self.position = 0
        let meaning = try FieldMeaning(lines.fields, bytes.span, version: line.version)
        let method = HTTPMethod(bytes.span, line.method)
        return RequestHead(
            method: method,
            target: try RequestTarget(line, bytes, method: method, host: meaning.host),
            version: line.version,
            headers: HTTPHeaders(bytes: bytes, fields: lines.fields),
            framing: try meaning.requestFraming(),
            connection: meaning.connection,
            expectsContinue: try meaning.expectsContinue(line.version)
        )
    }
}

extension HTTPMethod {
    fileprivate init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        if range.count == 3, bytes[range.lowerBound] == UInt8(ascii: "G"),
            bytes[range.lowerBound + 1] == UInt8(ascii: "E"), bytes[range.lowerBound + 2] == UInt8(ascii: "T")
        {
            self = .get
        } else {
            self.init(String(repairing: bytes.extracting(range)))
        }
    }
}
