import Notation

/// One thing that is wrong with the configuration: a line on stderr, with key, value, place and remedy.
package struct SettingsFault: Hashable, Sendable, CustomStringConvertible {
    package let key: String?
    /// In a form that may be shown: never a secret.
    package let value: String?
    package let origin: SettingsOrigin
    package let problem: SettingsProblem

    package init(key: String?, value: String?, origin: SettingsOrigin, problem: SettingsProblem) {
        self.key = key
        self.value = value
        self.origin = origin
        self.problem = problem
    }

    /// One line, as in the example.
    ///
    /// `atalaya.yaml:4: heartbeat.interval = "25x": is not a duration; write it as 250ms, 25s, 2m or 1h`
    package var description: String {
        var parts: [String] = self.origin == .default ? [] : [self.origin.description]
        if let key = self.key {
            parts.append(self.value.map { "\(key) = \(ShownText.quoted($0))" } ?? key)
        }
        parts.append(self.problem.description)
        return parts.joined(separator: ": ")
    }
}

/// What is wrong with one value, key or file.
package enum SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownKey(nearest: String?)
    /// The key names a group; a value was given.
    case isGroup(example: String)
    /// The key names a value; a group was given.
    case isNoGroup(key: String)
    case isNot(kind: String, remedy: String)
    case belowBound(String)
    case aboveBound(String)
    case notOneOf([String], nearest: String?)
    case isEmpty
    case tooShort(bytes: Int)
    case controlCharacter
    case isNoList
    case givenBefore(SettingsOrigin)
    case notKeyValue
    case unreadable(reason: String)
    case malformed(reason: String)
    /// Reported by the code that read the value, for values that do not go together.
    case refused(String)

    package var description: String {
        switch self {
        case .unknownKey(let nearest?): "unknown key" + Suggestion.question(nearest)
        case .unknownKey(nil): "unknown key; `atalaya config reference` lists all"
        case .isGroup(let example): "is a group of keys; set one of them, such as \(example)"
        case .isNoGroup(let key): "unknown key; \(key) takes a value, not a group of keys"
        case .isNot(let kind, let remedy): "is not \(kind); \(remedy)"
        case .belowBound(let bound): "is too small; it must be at least \(bound)"
        case .aboveBound(let bound): "is too large; it must be at most \(bound)"
        case .notOneOf(let choices, let nearest):
            "must be \(ShownText.alternatives(choices))" + Suggestion.question(nearest)
        case .isEmpty: "is empty; give it a value or leave the key out"
        case .tooShort(let bytes): "is too short; it must have at least \(bytes) bytes"
        case .controlCharacter: "contains a control character, such as a line feed at its end; remove it"
        case .isNoList: "is a list; give one value"
        case .givenBefore(let origin): "is given twice, first by \(origin); give it only once"
        case .notKeyValue: "is not key=value; write it as --set heartbeat.interval=25s"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .malformed(let reason): "is not valid YAML: \(reason)"
        case .refused(let remedy): remedy
        }
    }
}

/// A variable that looks like one of ours but is not.
package struct SettingsWarning: Hashable, Sendable, CustomStringConvertible {
    package let variable: String
    package let nearest: String?

    package var description: String {
        "\(self.variable): unknown variable, ignored" + Suggestion.question(self.nearest)
    }
}
