package import HTTP
package import Reactor

/// A request that was read completely and has a route.
package struct HTTPRequest: Sendable {
    package let head: RequestHead
    /// The values for the braces in the route's pattern, decoded.
    package let parameters: HTTPParameters
    package let body: [UInt8]
    package let peer: SocketAddress

    package init(head: RequestHead, parameters: HTTPParameters = [:], body: [UInt8] = [], peer: SocketAddress) {
        self.head = head
        self.parameters = parameters
        self.body = body
        self.peer = peer
    }
}

/// The parts of a path that its pattern names: `room` in `/rooms/{room}`.
package struct HTTPParameters: Sendable, ExpressibleByDictionaryLiteral {
    private let pairs: [(name: String, value: String)]

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0, value: $1) })
    }

    init(_ pairs: [(name: String, value: String)]) {
        self.pairs = pairs
    }

    /// Empty for a name that the pattern does not have.
    package subscript(name: String) -> String {
        self.pairs.first { $0.name == name }?.value ?? ""
    }
}
