import Notation

/// The texts that follow from what was read.
extension SettingsReader {
    /// All keys with type, default, unit, environment name and sentence: a Markdown page that reads well on a terminal
    /// too.
    package var reference: String {
        var page = """
            # Configuration

            Flags (`--set key=value`) come first, then the environment, then the file, then the default.
            Write durations as `250ms`, `25s`, `2m` or `1h`, and sizes as `64KiB` or `1MiB`; a plain number means bytes.
            In the file, keys may be nested or dotted, and a list is a YAML list; elsewhere, put commas between its entries.

            """
        for group in self.groups {
            let members = self.effectiveSettings.map(\.declaration).filter { $0.group == group }
            var rows = [["key", "type", "default", "unit", "environment", "what it is"]]
            rows.append(rows[0].map { String(repeating: "-", count: $0.count) })
            rows += members.map { declaration in
                let kind = declaration.bounds.map { "\(declaration.kind): \($0)" } ?? declaration.kind
                return [
                    "`\(declaration.key)`", kind, declaration.defaultText ?? "none", declaration.unit ?? "",
                    "`\(declaration.environmentName)`", declaration.sentence,
                ]
            }
            page += "\n## \(group)\n\n" + Self.table(rows)
        }
        return page
    }

    /// A configuration file with every key: each is a comment with its default, except those that are given a value.
    ///
    /// A default that depends on the machine or on another key is described in words behind its key.
    package func exampleFile(setting values: [String: String]) -> String {
        var page = """
            # Every key of the configuration with its default, printed from the code; docs/configuration.md is the same as a
            # table. To change a value, remove the # before its key. `atalaya config check --config FILE` checks a file.

            """
        for group in self.groups {
            page += "\n\(group):\n"
            for setting in self.effectiveSettings where setting.declaration.group == group {
                let declaration = setting.declaration
                let kind = declaration.bounds.map { "\(declaration.kind): \($0)" } ?? declaration.kind
                page += "  # \(declaration.sentence) (\(kind))\n"
                let key = declaration.key.dropFirst(group.count + 1)
                if let value = values[declaration.key] {
                    page += "  \(key): \(Self.yaml(value, inList: false))\n"
                } else if let text = setting.text, text == declaration.defaultText {
                    let written = setting.texts.map { Self.yaml($0, inList: setting.isList) }.joined(separator: ", ")
                    page += "  #\(key): \(setting.isList ? "[\(written)]" : written)\n"
                } else {
                    page += "  #\(key):  # default: \(declaration.defaultText ?? "none")\n"
                }
            }
        }
        return page
    }

    /// Every key with its value and where that came from; but for the secrets it is a configuration file itself.
    package var effectiveConfiguration: String {
        let lines = self.effectiveSettings.map { setting in
            let declaration = setting.declaration
            var source = setting.origin.description
            if setting.origin == .default, declaration.defaultText != setting.text || setting.texts.isEmpty {
                source += ": \(declaration.defaultText ?? "none")"
            }
            guard !setting.texts.isEmpty else {
                let nothing = setting.isList && setting.origin != .default ? " []" : ""
                return (declaration.key + ":" + nothing, source)
            }
            if declaration.isSecret {
                return (declaration.key + ":", "\(Secret.redacted), \(source)")
            }
            let written = setting.texts.map { Self.yaml($0, inList: setting.isList) }.joined(separator: ", ")
            return ("\(declaration.key): \(setting.isList ? "[\(written)]" : written)", source)
        }
        let width = min(lines.map(\.0.count).max() ?? 0, 60)
        return lines.map { line, source in
            "\(line)\(String(repeating: " ", count: max(width - line.count, 0)))  # \(source)\n"
        }.joined()
    }

    /// The same for the same configuration, wherever it came from; reveals of a secret only whether it is set.
    ///
    /// A default that depends on the machine counts as what it stands for, so that instances on different machines can
    /// have the same fingerprint.
    ///
    /// - Parameter own: Keys in which instances of one fleet may differ.
    package func fingerprint(leavingOut own: Set<String>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for setting in self.effectiveSettings.sorted(by: { $0.declaration.key < $1.declaration.key })
        where !own.contains(setting.declaration.key) {
            let value = setting.isDefault ? setting.declaration.defaultText : setting.text
            for byte in "\(setting.declaration.key)=\(value ?? "\u{0}")\n".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        return hash.padded(to: 16, radix: 16)
    }

    private var groups: [String] {
        var seen: Set<String> = []
        return self.effectiveSettings.map(\.declaration.group).filter { seen.insert($0).inserted }
    }

    /// Plain if YAML is sure to read it back unchanged, else in double quotes.
    private static func yaml(_ text: String, inList: Bool) -> String {
        let isPlain = text.wholeMatch(of: /[A-Za-z0-9.\/_][A-Za-z0-9._\/:@-]*[A-Za-z0-9.\/_]|[A-Za-z0-9]/) != nil
        let mayBeRead = isPlain && text.lowercased() != "null" && !(inList && text.contains(":"))
        return mayBeRead ? text : QuotedText.quoted(text)
    }

    private static func table(_ rows: [[String]]) -> String {
        let columns = rows[0].indices
        let cells = rows.map { row in row.map { $0.replacing("|", with: "\\|") } }
        let widths = columns.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = columns.map { column in
                // The last column is not padded.
                column == columns.last
                    ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
            }
            return "| " + padded.joined(separator: " | ") + " |\n"
        }.joined()
    }
}
