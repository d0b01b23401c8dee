import Yams

/// A YAML document that goes on after a key that stands there twice.
///
/// Yams ends at the first such mapping. So the later key is renamed in the text, noted, and the text parsed again,
/// until all are found or one stands where it cannot be found (in braces, or quoted).
struct YAMLText {
    struct RepeatedKey {
        let key: String
        let line: Int
        let firstLine: Int
    }

    private(set) var repeatedKeys: [RepeatedKey] = []
    private(set) var fault: (reason: String, line: Int)?
    private var text: String

    private static let maximumRepeatedKeys = 50
    /// A private-use character: it stands in no key of ours.
    private static let renamed: Character = "\u{F8FF}"

    init(_ text: String) {
        self.text = text
    }

    /// `nil` for an empty document, and where `fault` says why.
    mutating func parse() -> Node? {
        while true {
            do {
                return try Parser(yaml: self.text).singleRoot()
            } catch let YamlError.duplicatedKeysInMapping(duplicates, context) {
                // The mark is that of the first of them; the others come up again.
                guard let key = duplicates.first, self.rename(key, after: context.mark) else { return nil }
            } catch let error as YamlError {
                self.fault = self.explain(error)
                return nil
            } catch {
                self.fault = ("\(error)", 0)
                return nil
            }
            if self.repeatedKeys.count > Self.maximumRepeatedKeys {
                return nil
            }
        }
    }

    func isRenamed(_ key: Node) -> Bool {
        key.scalar?.string.last == Self.renamed
    }

    /// Renames the next such key of the mapping, which stands in the same column below the first; `false` where there
    /// is none.
    private mutating func rename(_ key: String, after first: Mark) -> Bool {
        var lines = self.text.split(separator: "\n", omittingEmptySubsequences: false)
        let indent = max(first.column - 1, 0)
        for index in lines.indices.dropFirst(max(first.line, 1)) {
            let line = lines[index]
            let spaces = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(spaces)
            if rest.isEmpty || rest.first == "#" || rest.first == "\r" || spaces > indent {
                continue
            }
            guard spaces == indent else { break }
            for (opening, closing) in [("", ""), ("\"", "\""), ("'", "'")] where rest.hasPrefix(opening + key + closing)
            {
                let after = rest.dropFirst((opening + key + closing).count)
                guard after.drop(while: { $0 == " " }).first == ":" else { continue }
                // As many as were found, so that no two are alike.
                let marker = String(repeating: Self.renamed, count: self.repeatedKeys.count + 1)
                let indentation = String(repeating: " ", count: spaces)
                lines[index] = indentation + opening + key + marker + closing + after
                self.repeatedKeys.append(RepeatedKey(key: key, line: index + 1, firstLine: first.line))
                self.text = lines.joined(separator: "\n")
                return true
            }
        }
        self.repeatedKeys.append(RepeatedKey(key: key, line: first.line, firstLine: first.line))
        return false
    }

    private func explain(_ error: YamlError) -> (reason: String, line: Int) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return (context.map { "\(problem), \($0.text)" } ?? problem, mark.line)
        case .reader(let problem, let offset, _, let yaml):
            return (problem, 1 + yaml.prefix(offset ?? 0).count { $0 == "\n" || $0 == "\r\n" })
        default:
            return ("it cannot be parsed", 0)
        }
    }
}
