import Notation

/// How one kind of value is written and shown.
struct SettingFormat<Value>: Sendable {
    /// What `config reference` calls it: `duration`, `size`, `text`.
    let kind: String
    var unit: String?
    /// Bounds or choices, in words; `nil` if there are none.
    var bounds: String?
    var isSecret = false
    /// A value of this kind cannot give away a secret, even under a wrong key.
    var isHarmless = false
    let parse: @Sendable (String) throws(SettingsProblem) -> Value
    let show: @Sendable (Value) -> String
}

extension SettingFormat where Value == Bool {
    static var bool: Self {
        Self(
            kind: "bool",
            isHarmless: true,
            parse: { (text) throws(SettingsProblem) in
                switch text {
                case "true": true
                case "false": false
                default: throw .isNot(kind: "a bool", remedy: "write it as true or false")
                }
            },
            show: { $0 ? "true" : "false" }
        )
    }
}

extension SettingFormat where Value == Int {
    static func int(_ range: ClosedRange<Int>, unit: String?) -> Self {
        Self(
            kind: "int",
            unit: unit,
            bounds: Self.bounds(of: range) { String($0) },
            isHarmless: true,
            parse: { (text) throws(SettingsProblem) in
                guard let number = Self.number(text) else {
                    throw .isNot(kind: "a whole number", remedy: "write it in digits")
                }
                return try Self.check(number, within: range) { String($0) }
            },
            show: { String($0) }
        )
    }

    static func size(_ range: ClosedRange<Int>) -> Self {
        Self(
            kind: "size",
            unit: "bytes",
            bounds: Self.bounds(of: range, show: SizeText.show),
            isHarmless: true,
            parse: { (text) throws(SettingsProblem) in
                guard let bytes = SizeText.parse(text) else {
                    throw .isNot(kind: "a size", remedy: "write it as 64KiB, 1MiB or a number of bytes")
                }
                return try Self.check(bytes, within: range, show: SizeText.show)
            },
            show: SizeText.show
        )
    }

    /// A number beyond `Int` becomes the largest or smallest possible, so that a bound refuses it.
    private static func number(_ text: String) -> Int? {
        guard let written = NumberWithUnit(text), written.unit.isEmpty else { return nil }
        return Int(written.number(times: 1))
    }

    private static func bounds(of range: ClosedRange<Int>, show: (Int) -> String) -> String? {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): nil
        case (0, Int.max): nil
        case (let lower, Int.max): "at least \(show(lower))"
        case (Int.min, let upper): "at most \(show(upper))"
        case (let lower, let upper): "\(show(lower)) to \(show(upper))"
        }
    }

    private static func check(
        _ value: Int,
        within range: ClosedRange<Int>,
        show: (Int) -> String
    ) throws(SettingsProblem) -> Int {
        guard value >= range.lowerBound else { throw .belowBound(show(range.lowerBound)) }
        // A number that was too large to read was read as `Int.max`.
        guard value <= range.upperBound, value < Int.max else {
            throw .aboveBound(show(min(range.upperBound, Int.max - 1)))
        }
        return value
    }
}

extension SettingFormat where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> Self {
        let lower = DurationText.show(range.lowerBound)
        let upper = DurationText.show(range.upperBound)
        let isOpen = range.upperBound >= SettingsReader.longestDuration
        return Self(
            kind: "duration",
            unit: "ms, s, m, h",
            bounds: !isOpen ? "\(lower) to \(upper)" : range.lowerBound == .zero ? nil : "at least \(lower)",
            isHarmless: true,
            parse: { (text) throws(SettingsProblem) in
                guard let duration = DurationText.parse(text) else {
                    throw .isNot(kind: "a duration", remedy: "write it as 250ms, 25s, 2m or 1h")
                }
                guard duration >= range.lowerBound else { throw .belowBound(lower) }
                guard duration <= range.upperBound else { throw .aboveBound(upper) }
                return duration
            },
            show: DurationText.show
        )
    }
}

extension SettingFormat where Value == String {
    static func text(mayBeEmpty: Bool) -> Self {
        Self(
            kind: "text",
            parse: { (text) throws(SettingsProblem) in
                guard mayBeEmpty || !text.isEmpty else { throw .isEmpty }
                return text
            },
            show: { $0 }
        )
    }
}

extension SettingFormat where Value == Secret {
    static func secret(atLeastBytes smallest: Int) -> Self {
        Self(
            kind: "secret",
            bounds: smallest > 1 ? "at least \(smallest) bytes" : nil,
            isSecret: true,
            parse: { (text) throws(SettingsProblem) in
                guard !text.isEmpty else { throw .isEmpty }
                guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
                    throw .controlCharacter
                }
                guard text.utf8.count >= smallest else { throw .tooShort(bytes: smallest) }
                return Secret(text)
            },
            show: { _ in Secret.redacted }
        )
    }
}

extension SettingFormat where Value: CaseIterable & RawRepresentable<String> & Sendable {
    static var choice: Self {
        let choices = Value.allCases.map(\.rawValue)
        return Self(
            kind: "choice",
            bounds: choices.joined(separator: ", "),
            isHarmless: true,
            parse: { (text) throws(SettingsProblem) in
                guard let value = Value(rawValue: text) else {
                    throw .notOneOf(choices, nearest: Suggestion.nearest(to: text, among: choices))
                }
                return value
            },
            show: { $0.rawValue }
        )
    }
}

extension SettingFormat where Value == ServiceURL {
    /// `isSecret` is false: the text of a URL already hides its secrets.
    static func url(schemes: [String]) -> Self {
        let remedy = "write it as \(schemes[0])://host:port"
        return Self(
            kind: "URL",
            bounds: schemes.map { $0 + "://" }.joined(separator: ", "),
            parse: { (text) throws(SettingsProblem) in
                guard !text.isEmpty else { throw .isEmpty }
                guard let url = ServiceURL(text) else { throw .isNot(kind: "a URL", remedy: remedy) }
                guard schemes.contains(url.scheme) else {
                    let kind = "a URL of \(ShownText.alternatives(schemes.map { $0 + "://" }))"
                    throw .isNot(kind: kind, remedy: remedy)
                }
                return url
            },
            show: { $0.description }
        )
    }
}

extension SettingFormat where Value == IPAddress {
    static var address: Self {
        Self(
            kind: "address",
            parse: { (text) throws(SettingsProblem) in
                guard let address = IPAddress(text) else {
                    throw .isNot(kind: "an IP address", remedy: "write it as 127.0.0.1, 0.0.0.0, ::1 or ::")
                }
                return address
            },
            show: { $0.description }
        )
    }
}

extension SettingFormat where Value == IPNetwork {
    static var network: Self {
        Self(
            kind: "address or CIDR",
            parse: { (text) throws(SettingsProblem) in
                guard let network = IPNetwork(text) else {
                    let remedy = "write it as 10.1.2.3, 10.0.0.0/8 or fd00::/8, with no bits set after the prefix"
                    throw .isNot(kind: "an address or CIDR", remedy: remedy)
                }
                return network
            },
            show: { $0.description }
        )
    }
}
