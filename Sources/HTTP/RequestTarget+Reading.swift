internal import ByteKernels

extension RequestTarget {
    /// Finds the parts of a scanned target, and refuses a form that does not fit the method.
    ///
    /// - Parameter host: The position of the value of `Host`; HTTP/1.0 may have none.
    init(_ line: RequestLine, _ bytes: [UInt8], method: HTTPMethod, host: Range<Int>?) throws(HTTPError) {
        if line.version == .http11, host == nil {
            throw .missingHost
        }
        let whole = line.target
        let span = bytes.span
        if line.isPercentEncoded {
            try Self.checkEncoding(span.extracting(whole))
        }
        let pathEnd = line.questionMark ?? whole.upperBound
        let query = line.questionMark.map { ($0 + 1)..<whole.upperBound }

        if method == .connect {
            guard query == nil, HTTPHost.isValid(span.extracting(whole)) else { throw .malformedTarget }
            self.init(form: .authority, bytes: bytes, whole: whole, path: whole.upperBound..<whole.upperBound)
        } else if span[whole.lowerBound] == UInt8(ascii: "/") {
            try Self.checkPath(span.extracting(whole.lowerBound..<pathEnd))
            self.init(form: .origin, bytes: bytes, whole: whole, path: whole.lowerBound..<pathEnd, query: query)
        } else if method == .options, span.isASCII("*", in: whole) {
            self.init(form: .asterisk, bytes: bytes, whole: whole, path: whole.upperBound..<whole.upperBound)
        } else {
            let authority = try Self.authority(span, whole.lowerBound..<pathEnd)
            try Self.checkPath(span.extracting(authority.upperBound..<pathEnd))
            // Its authority counts, and `Host` is ignored (RFC 9112 section 3.2.2).
            let path = authority.upperBound..<pathEnd
            self.init(form: .absolute, bytes: bytes, whole: whole, authority: authority, path: path, query: query)
        }
    }

    private init(
        form: Form,
        bytes: [UInt8],
        whole: Range<Int>,
        authority: Range<Int>? = nil,
        path: Range<Int>,
        query: Range<Int>? = nil
    ) {
        self.form = form
        self.bytes = bytes
        self.whole = whole
        self.authorityRange = authority
        self.pathRange = path
        self.queryRange = query
    }

    /// The position of `host[:port]` in `http://host[:port][/path]`; user information is refused.
    private static func authority(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> Range<Int> {
        var start: Int?
        for scheme in ["http://", "https://"] where range.count > scheme.utf8.count {
            let end = range.lowerBound + scheme.utf8.count
            if bytes.isASCII(scheme, in: range.lowerBound..<end) {
                start = end
            }
        }
        guard let start else { throw .malformedTarget }
        var end = start
        while end < range.upperBound, bytes[end] != UInt8(ascii: "/") {
            end += 1
        }
        guard HTTPHost.isValid(bytes.extracting(start..<end)) else { throw .malformedTarget }
        return start..<end
    }

    /// Square brackets are not allowed in a path; the scanner accepts them for hosts in absolute form and for queries.
    private static func checkPath(_ bytes: Span<UInt8>) throws(HTTPError) {
        for index in bytes.indices where bytes[index] == UInt8(ascii: "[") || bytes[index] == UInt8(ascii: "]") {
            throw .malformedTarget
        }
    }

    /// Decoding gives UTF-8 without NUL.
    ///
    /// Checked as a whole: the separators are ASCII, and UTF-8 stays valid when it is split at ASCII.
    private static func checkEncoding(_ bytes: Span<UInt8>) throws(HTTPError) {
        guard let decoded = PercentEncoding.decode(bytes), isValidUTF8(decoded.span), !decoded.contains(0) else {
            throw .malformedTarget
        }
    }
}
