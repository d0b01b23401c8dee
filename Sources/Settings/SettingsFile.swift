import Foundation
import Yams

/// The keys of a YAML file with their values and lines.
///
/// Nested and dotted keys mean the same. All faults in the file's form are collected, and whatever can still be read is
/// read. `YAMLSnapshot` of swift-configuration would give up the whole file at the first such fault, and it does not
/// know line numbers.
struct SettingsFile {
    enum Content: Equatable {
        case scalar(String)
        case list([String])
        /// `key:` with nothing after it, `null` or `~`: the key is not set.
        case nothing
    }

    struct Entry {
        let key: String
        let content: Content
        let origin: SettingsOrigin
    }

    /// In the order of the file.
    private(set) var entries: [Entry] = []
    private(set) var faults: [SettingsFault] = []
    private var places: [String: Int] = [:]
    private var visits = 0
    private let path: String

    private static let maximumBytes = 1 << 20
    /// A short alias may stand for a million values; no configuration needs that many.
    private static let maximumVisits = 100_000
    private static let maximumDepth = 32

    init(path: String) {
        self.path = path
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var bytes = Data()
            while bytes.count <= Self.maximumBytes {
                guard let more = try file.read(upToCount: Self.maximumBytes), !more.isEmpty else { break }
                bytes += more
            }
            self.read(bytes)
        } catch {
            self.refuse(.unreadable(reason: Self.reason(of: error)))
        }
    }

    init(path: String, text: String) {
        self.path = path
        self.read(Data(text.utf8))
    }

    /// Whether it has faults and not one key of it could be read.
    var isUnreadable: Bool {
        self.entries.isEmpty && !self.faults.isEmpty
    }

    subscript(key: String) -> Entry? {
        self.places[key].map { self.entries[$0] }
    }

    private mutating func read(_ bytes: Data) {
        guard bytes.count <= Self.maximumBytes else {
            return self.refuse(.unreadable(reason: "it is larger than \(SizeText.show(Self.maximumBytes))"))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return self.refuse(.malformed(reason: "it is not UTF-8"))
        }
        guard let root = self.root(of: text), !Self.isNothing(root) else { return }
        guard let mapping = root.mapping else {
            return self.refuse(.malformed(reason: "keys with values are expected"), line: root.mark?.line ?? 0)
        }
        self.visit(mapping, below: [])
        if self.visits >= Self.maximumVisits {
            self.refuse(.unreadable(reason: "it has more than \(Self.maximumVisits) values"))
        }
    }

    /// `nil` for an empty document, and after a fault that says why.
    private mutating func root(of text: String) -> Node? {
        do {
            return try Parser(yaml: text).singleRoot()
        } catch let YamlError.duplicatedKeysInMapping(keys, context) {
            // Yams stops here and reads nothing more; it says where the first of these keys first occurs.
            let first = SettingsOrigin.file(path: self.path, line: context.mark.line)
            self.refuse(.givenBefore(first), key: keys.first)
        } catch {
            let fault = (error as? YamlError)?.fault
            self.refuse(.malformed(reason: fault?.reason ?? "it cannot be parsed"), line: fault?.line ?? 0)
        }
        return nil
    }

    private mutating func visit(_ mapping: Node.Mapping, below group: [String]) {
        for (name, value) in mapping {
            self.visits += 1
            guard self.visits < Self.maximumVisits else { return }
            let line = name.mark?.line ?? 0
            guard let text = name.scalar?.string, !text.isEmpty else {
                self.refuse(.malformed(reason: "a key must be a text"), line: line)
                continue
            }
            let path = group + [text]
            if let nested = value.mapping {
                if path.count < Self.maximumDepth {
                    self.visit(nested, below: path)
                } else {
                    self.refuse(.malformed(reason: "groups are nested too deeply"), line: line)
                }
            } else {
                self.add(value, key: path.joined(separator: "."), line: line)
            }
        }
    }

    private mutating func add(_ value: Node, key: String, line: Int) {
        let origin = SettingsOrigin.file(path: self.path, line: line)
        if let earlier = self[key] {
            return self.refuse(.givenBefore(earlier.origin), key: key, line: line)
        }
        let content: Content
        if Self.isNothing(value) {
            content = .nothing
        } else if let scalar = value.scalar {
            content = .scalar(scalar.string)
        } else {
            let nodes = Array(value.sequence ?? [])
            let texts = nodes.compactMap(\.scalar?.string)
            self.visits += nodes.count
            guard texts.count == nodes.count else {
                return self.refuse(.malformed(reason: "a list may hold plain values only"), key: key, line: line)
            }
            content = .list(texts)
        }
        self.places[key] = self.entries.count
        self.entries.append(Entry(key: key, content: content, origin: origin))
    }

    private mutating func refuse(_ problem: SettingsProblem, key: String? = nil, line: Int = 0) {
        let origin = SettingsOrigin.file(path: self.path, line: line)
        self.faults.append(SettingsFault(key: key, value: nil, origin: origin, problem: problem))
    }

    private static func isNothing(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func reason(of error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile?, .fileReadNoSuchFile?: "it does not exist"
        case .fileReadNoPermission?: "permission denied"
        default: "it is no readable file"
        }
    }
}

extension YamlError {
    /// What is wrong and where, as far as Yams knows.
    fileprivate var fault: (reason: String, line: Int)? {
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            (context.map { "\(problem), \($0.text)" } ?? problem, mark.line)
        case .reader(let problem, let offset, _, let yaml):
            (problem, 1 + yaml.prefix(offset ?? 0).count { $0 == "\n" || $0 == "\r\n" })
        default: nil
        }
    }
}
