/// What a handshake says to the language that was chosen for it.
package struct ClientHello: Sendable {
    /// The parameters of the URL, decoded, in their order.
    private let query: [(name: String, value: String)]
    /// How deep a client's JSON may be nested.
    package let maximumJSONDepth: Int

    package init(query: [(name: String, value: String)], maximumJSONDepth: Int) {
        self.query = query
        self.maximumJSONDepth = maximumJSONDepth
    }

    /// The value of a parameter that may stand there once: of several the first counts.
    package func value(of name: String) -> String? {
        self.query.first { $0.name == name }?.value
    }

    package func values(of name: String) -> [String] {
        self.query.compactMap { $0.name == name ? $0.value : nil }
    }
}

/// Why a language cannot be spoken with a client that asked like this.
package struct HelloFault: Error, Equatable, Sendable {
    package enum Part: Sendable {
        /// No room, or a name that is none.
        case room
        /// Another parameter that means nothing.
        case parameter
    }

    package let part: Part
    package let sentence: String

    init(_ part: Part, _ sentence: String) {
        self.part = part
        self.sentence = sentence
    }
}
