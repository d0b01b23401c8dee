/// ASCII digits, optionally with a minus sign, and the letters that follow them.
struct NumberWithUnit {
    let unit: String
    private let digits: String

    init?(_ text: String) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let unsigned = isNegative ? text.dropFirst() : Substring(text)
        let digits = unsigned.prefix { $0.isASCII && $0.isWholeNumber }
        guard !digits.isEmpty else { return nil }
        self.digits = (isNegative ? "-" : "") + digits
        self.unit = String(unsigned.dropFirst(digits.count))
    }

    func number(times factor: Int64) -> Int64 {
        let furthest: Int64 = self.digits.hasPrefix("-") ? .min : .max
        guard let number = Int64(self.digits) else { return furthest }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? furthest : product
    }
}
