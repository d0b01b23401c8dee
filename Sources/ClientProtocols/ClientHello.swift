/// What a handshake tells the language that was chosen for it.
package struct ClientHello: Sendable {
    /// The parameters of the URL, decoded, in order.
    private let query: [(name: String, value: String)]
    /// How deep a client's JSON may be nested.
    package let maximumJSONDepth: Int

    package init(query: [(name: String, value: String)], maximumJSONDepth: Int) {
        self.query = query
        self.maximumJSONDepth = maximumJSONDepth
    }

    /// The value of a parameter that may occur once; if it is repeated, the first counts.
    package func value(of name: String) -> String? {
        self.query.first { $0.name == name }?.value
    }

    package func values(of name: String) -> [String] {
        self.query.compactMap { $0.name == name ? $0.value : nil }
    }
}

/// Why a language cannot be spoken after such a handshake.
package struct HelloFault: Error, Equatable, Sendable {
    package enum Part: Sendable {
        /// No room, or an invalid room name.
        case room
        /// Another parameter with an invalid value.
        case parameter
    }

    package let part: Part
    package let sentence: String

    init(_ part: Part, _ sentence: String) {
        self.part = part
        self.sentence = sentence
    }
}
