extension FixedWidthInteger {
    /// The digits of a non-negative number, padded with zeros to `width`; letters are in lower case.
    package func padded(to width: Int, radix: Int = 10) -> String {
        let digits = String(self, radix: radix)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
