internal import ByteKernels

/// A request target (RFC 9112 section 3.2), checked when the head was read: its percent-encoding is well-formed and
/// decodes to UTF-8 without NUL.
///
/// Decoded only when asked.
package struct RequestTarget: Sendable {
    package enum Form: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`, as sent to a proxy.
        case absolute
        /// `host:port`, only with `CONNECT`.
        case authority
        /// `*`, only with `OPTIONS`.
        case asterisk
    }

    package let form: Form
    let bytes: [UInt8]
    let whole: Range<Int>
    /// Of absolute form only.
    let authorityRange: Range<Int>?
    /// Empty for authority and asterisk form, and for an absolute form without a path.
    let pathRange: Range<Int>
    /// Without the question mark.
    let queryRange: Range<Int>?

    /// The `host[:port]` of absolute form; `nil` for the others.
    package var authority: String? {
        self.authorityRange.map { String(repairing: self.bytes.span.extracting($0)) }
    }

    /// As it was written.
    package var text: String { String(repairing: self.bytes.span.extracting(self.whole)) }

    /// The path as written, still percent-encoded; `/` if an absolute form has none.
    package var path: String {
        self.pathRange.isEmpty && self.form == .absolute
            ? "/" : String(repairing: self.bytes.span.extracting(self.pathRange))
    }

    /// The query as written, without the question mark.
    package var query: String? {
        self.queryRange.map { String(repairing: self.bytes.span.extracting($0)) }
    }

    /// Compares the path as written, without copying it.
    package func hasPath(_ path: String) -> Bool {
        let other = path.utf8.span
        if self.pathRange.isEmpty, self.form == .absolute {
            return other.count == 1 && other[0] == UInt8(ascii: "/")
        }
        guard other.count == self.pathRange.count else { return false }
        for index in other.indices where other[index] != self.bytes[self.pathRange.lowerBound + index] {
            return false
        }
        return true
    }

    /// The segments of the path, percent-decoded one by one, so an encoded `/` does not separate segments.
    ///
    /// `/` has one empty segment. `.` and `..` have no special meaning.
    package var pathSegments: [String] {
        var segments: [String] = []
        let range = self.pathRange
        guard !range.isEmpty else { return self.form == .absolute ? [""] : [] }
        var start = range.lowerBound + 1
        for index in start..<(range.upperBound + 1)
        where index == range.upperBound || self.bytes[index] == UInt8(ascii: "/") {
            segments.append(self.decoded(start..<index, plusIsSpace: false))
            start = index + 1
        }
        return segments
    }

    /// Visits the items of the query in order, with name and value decoded; `+` is a space, as in forms and browsers.
    ///
    /// An item without `=` has an empty value; empty items are left out.
    package func forEachQueryItem(_ body: (_ name: String, _ value: String) -> Void) {
        self.forEachQueryRange { name, value in
            body(self.decoded(name, plusIsSpace: true), self.decoded(value, plusIsSpace: true))
            return true
        }
    }

    /// The first value of a name, decoded.
    package func queryValue(_ name: String) -> String? {
        var found: String?
        self.forEachQueryRange { range, value in
            guard self.isName(range, name) else { return true }
            found = self.decoded(value, plusIsSpace: true)
            return false
        }
        return found
    }

    private func isName(_ range: Range<Int>, _ name: String) -> Bool {
        let other = name.utf8.span
        guard range.count >= other.count else { return false }
        guard range.count == other.count else {
            return self.decoded(range, plusIsSpace: true).utf8.elementsEqual(name.utf8)
        }
        for index in other.indices where other[index] != self.bytes[range.lowerBound + index] {
            return false
        }
        return true
    }

    /// Calls `body` with the positions of each name and value until it returns `false`.
    private func forEachQueryRange(_ body: (Range<Int>, Range<Int>) -> Bool) {
        guard let query = self.queryRange else { return }
        var start = query.lowerBound
        while start < query.upperBound {
            var end = start
            var equals: Int?
            while end < query.upperBound, self.bytes[end] != UInt8(ascii: "&") {
                if equals == nil, self.bytes[end] == UInt8(ascii: "=") {
                    equals = end
                }
                end += 1
            }
            if end > start, !body(start..<(equals ?? end), (equals.map { $0 + 1 } ?? end)..<end) {
                return
            }
            start = end + 1
        }
    }

    private func decoded(_ range: Range<Int>, plusIsSpace: Bool) -> String {
        let bytes = self.bytes.span.extracting(range)
        var isPlain = true
        for index in bytes.indices
        where bytes[index] == UInt8(ascii: "%") || (plusIsSpace && bytes[index] == UInt8(ascii: "+")) {
            isPlain = false
            break
        }
        if isPlain {
            return String(repairing: bytes)
        }
        let decoded = PercentEncoding.decode(bytes, plusIsSpace: plusIsSpace) ?? []
        return String(decoding: decoded, as: UTF8.self)
    }
}
