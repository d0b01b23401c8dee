import Notation

/// W3C trace context of a publication (`traceparent`, version 00).
package struct TraceContext: Hashable, Sendable {
    package let traceHigh: UInt64
    package let traceLow: UInt64
    package let span: UInt64
    package let flags: UInt8

    package init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// Reads a `traceparent`, as in W3C Trace Context section 3.2.
    ///
    /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case, neither id all zero. Of a later version, the same four
    /// fields are read, as the specification requires.
    package init?(traceparent text: String) {
        let fields = text.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0] != "ff", fields[0] == "00" ? fields.count == 4 : true,
            Self.hex(fields[0], digits: 2) != nil, fields[1].utf8.count == 32,
            let high = Self.hex(fields[1].prefix(16), digits: 16),
            let low = Self.hex(fields[1].suffix(16), digits: 16),
            let span = Self.hex(fields[2], digits: 16), let flags = Self.hex(fields[3], digits: 2),
            high != 0 || low != 0, span != 0
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(flags))
    }

    package var traceparent: String {
        "00-\(self.traceID)-\(self.span.padded(to: 16, radix: 16))-\(self.flags.padded(to: 2, radix: 16))"
    }

    /// 32 lower-case hexadecimal digits.
    package var traceID: String {
        self.traceHigh.padded(to: 16, radix: 16) + self.traceLow.padded(to: 16, radix: 16)
    }

    private static func hex(_ text: Substring, digits: Int) -> UInt64? {
        guard text.utf8.count == digits,
            text.utf8.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            })
        else { return nil }
        return UInt64(text, radix: 16)
    }
}
