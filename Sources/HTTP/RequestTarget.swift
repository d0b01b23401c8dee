internal import ByteKernels

/// What a request is for (RFC 9112 section 3.2), checked when the head was read: percent-encoding is well-formed, and
/// decoding it gives UTF-8 without NUL.
///
/// Decoded only when asked.
package struct RequestTarget: Sendable {
    package enum Form: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`, as to a proxy; its host was checked against `Host`.
        case absolute
        /// `host:port`, only with `CONNECT`.
        case authority
        /// `*`, only with `OPTIONS`.
        case asterisk
    }

    package let form: Form
    let bytes: [UInt8]
    let whole: Range<Int>
    /// Empty for authority and asterisk form; an absolute form without a path has an empty one, too.
    let pathRange: Range<Int>
    /// Without the question mark.
    let queryRange: Range<Int>?

    /// As it was written.
    package var text: String { String(repairing: self.bytes.span.extracting(self.whole)) }

    /// The path as it was written, still percent-encoded; `/` where an absolute form has none.
    package var path: String {
        self.pathRange.isEmpty && self.form == .absolute
            ? "/" : String(repairing: self.bytes.span.extracting(self.pathRange))
    }

    /// The query as it was written, without the question mark.
    package var query: String? {
        self.queryRange.map { String(repairing: self.bytes.span.extracting($0)) }
    }

    /// Compares the path as written, without a copy.
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

    /// The segments of the path, percent-decoded one by one, so a `/` that was encoded does not divide.
    ///
    /// `/` has one, which is empty. `.` and `..` have no meaning here.
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

    /// Hands out the items of the query in order: name and value decoded, with `+` as a space, as forms and browsers
    /// write them.
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

    /// Calls `body` with where name and value stand until it answers `false`.
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
