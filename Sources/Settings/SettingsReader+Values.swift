package import Notation

/// The kinds of values. `shownDefault` puts a computed or dependent default into words: `one per core`.
extension SettingsReader {
    package mutating func bool(
        _ key: String,
        default fallback: Bool,
        shownDefault: String? = nil,
        _ sentence: String
    ) -> Bool {
        self.read(key, .bool, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    package mutating func int(
        _ key: String,
        default fallback: Int,
        shownDefault: String? = nil,
        atLeast lowest: Int = 0,
        atMost highest: Int = .max,
        unit: String? = nil,
        _ sentence: String
    ) -> Int {
        let format = SettingFormat<Int>.int(lowest...highest, unit: unit)
        return self.read(key, format, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    /// A number that need not be set, such as a limit that is off by default.
    package mutating func optionalInt(
        _ key: String,
        shownDefault: String? = nil,
        atLeast lowest: Int = 0,
        atMost highest: Int = .max,
        unit: String? = nil,
        _ sentence: String
    ) -> Int? {
        let format = SettingFormat<Int>.int(lowest...highest, unit: unit)
        return self.read(key, format, default: nil, shownDefault: shownDefault, sentence)
    }

    package mutating func duration(
        _ key: String,
        default fallback: Duration,
        shownDefault: String? = nil,
        atLeast shortest: Duration = .zero,
        atMost longest: Duration = SettingsReader.longestDuration,
        _ sentence: String
    ) -> Duration {
        let format = SettingFormat<Duration>.duration(shortest...longest)
        return self.read(key, format, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    /// A number of bytes.
    package mutating func size(
        _ key: String,
        default fallback: Int,
        shownDefault: String? = nil,
        atLeast smallest: Int = 0,
        atMost largest: Int = .max,
        _ sentence: String
    ) -> Int {
        let format = SettingFormat<Int>.size(smallest...largest)
        return self.read(key, format, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    /// A text that may also be empty.
    package mutating func string(
        _ key: String,
        default fallback: String,
        shownDefault: String? = nil,
        _ sentence: String
    ) -> String {
        let format = SettingFormat<String>.text(mayBeEmpty: true)
        return self.read(key, format, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    /// A text that need not be set, but must not be empty if it is.
    package mutating func optionalString(
        _ key: String,
        shownDefault: String? = nil,
        _ sentence: String
    ) -> String? {
        self.read(key, .text(mayBeEmpty: false), default: nil, shownDefault: shownDefault, sentence)
    }

    package mutating func strings(
        _ key: String,
        default fallback: [String] = [],
        shownDefault: String? = nil,
        _ sentence: String
    ) -> [String] {
        let format = SettingFormat<String>.text(mayBeEmpty: false)
        return self.readList(key, format, default: fallback, shownDefault: shownDefault, sentence)
    }

    /// Not empty if set, without control characters, never shown.
    package mutating func secret(
        _ key: String,
        shownDefault: String? = nil,
        atLeastBytes smallest: Int = 1,
        _ sentence: String
    ) -> Secret? {
        let format = SettingFormat<Secret>.secret(atLeastBytes: smallest)
        return self.read(key, format, default: nil, shownDefault: shownDefault, sentence)
    }

    package mutating func secrets(_ key: String, _ sentence: String) -> [Secret] {
        self.readList(key, .secret(atLeastBytes: 1), default: [], shownDefault: nil, sentence)
    }

    /// One of a closed list, written as its raw value.
    package mutating func choice<Choice: CaseIterable & RawRepresentable<String> & Sendable>(
        _ key: String,
        default fallback: Choice,
        shownDefault: String? = nil,
        _ sentence: String
    ) -> Choice {
        self.read(key, .choice, default: fallback, shownDefault: shownDefault, sentence) ?? fallback
    }

    package mutating func url(_ key: String, schemes: [String], _ sentence: String) -> ServiceURL? {
        self.read(key, .url(schemes: schemes), default: nil, shownDefault: nil, sentence)
    }

    /// An address to listen on or to connect to; a default of `nil` means what `shownDefault` says.
    package mutating func address(
        _ key: String,
        default fallback: IPAddress?,
        shownDefault: String? = nil,
        _ sentence: String
    ) -> IPAddress? {
        self.read(key, .address, default: fallback, shownDefault: shownDefault, sentence)
    }

    /// Addresses and CIDRs.
    package mutating func networks(
        _ key: String,
        default fallback: [IPNetwork] = [],
        shownDefault: String? = nil,
        _ sentence: String
    ) -> [IPNetwork] {
        self.readList(key, .network, default: fallback, shownDefault: shownDefault, sentence)
    }
}
