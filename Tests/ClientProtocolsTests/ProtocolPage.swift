import Foundation

/// What docs/protocol.md says, in the parts that tests hold to the code.
enum ProtocolPage {
    struct Missing: Error {
        let what: String
    }

    /// The lines of the fenced block that begins with `json NAME`.
    static func frames(_ name: String) throws -> [String] {
        let text = try self.text()
        guard let start = text.range(of: "```json \(name)\n"),
            let end = text.range(of: "\n```", range: start.upperBound..<text.endIndex)
        else { throw Missing(what: "the frames of the \(name)") }
        return text[start.upperBound..<end.lowerBound].split(separator: "\n").map(String.init)
    }

    /// The rows of the first table under a heading, without its head: the cells of each, without backticks.
    static func table(under heading: String) throws -> [[String]] {
        let lines = try self.text().split(separator: "\n", omittingEmptySubsequences: false)
        guard let section = lines.firstIndex(of: "## \(heading)"),
            let head = lines[section...].firstIndex(where: { $0.hasPrefix("|") })
        else { throw Missing(what: "a table under \(heading)") }
        return lines[(head + 2)...].prefix { $0.hasPrefix("|") }.map { row in
            row.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map { cell in
                cell.filter { $0 != "`" }.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    private static func text() throws -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: tests.deletingLastPathComponent().appending(path: "docs/protocol.md"),
            encoding: .utf8
        )
    }
}
