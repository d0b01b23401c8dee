import Foundation

/// The examples in docs/wire-format.md: the hexadecimal digits of a fenced block that begins with `hex NAME`.
enum WireFormatPage {
    struct NoSuchExample: Error {
        let name: String
    }

    static func bytes(named name: String) throws -> [UInt8] {
        let digits = Array(try self.example(named: name))
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    static func text() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .resolvingSymlinksInPath()
        let page = root.deletingLastPathComponent().appending(path: "docs/wire-format.md")
        return try String(contentsOf: page, encoding: .utf8)
    }

    static func example(named name: String) throws -> String {
        let text = try self.text()
        guard let start = text.range(of: "```hex \(name)\n"),
            let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
        else { throw NoSuchExample(name: name) }
        // What stands behind the digits of a line explains them.
        let lines = text[start.upperBound..<end.lowerBound].split(separator: "\n")
        return lines.map { $0.split(separator: "  ")[0].filter { !$0.isWhitespace } }.joined().lowercased()
    }
}

extension [UInt8] {
    var hexadecimal: String {
        self.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
