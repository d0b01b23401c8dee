package import ClientProtocols
package import HTTP
package import Messaging
import WebSocket

/// What a WebSocket handshake asks for, checked and ready to be answered with a 101.
package struct Upgrade {
    /// The WebSocket endpoints of the public listener.
    package enum Endpoint: Sendable {
        case rooms
        case echo
    }

    /// The server's settings for what a client may ask for.
    package struct Rules: Sendable {
        /// Whether `?user=` names the user.
        package let usersNameThemselves: Bool
        package let maximumRooms: Int
        package let maximumJSONDepth: Int

        package init(usersNameThemselves: Bool, maximumRooms: Int, maximumJSONDepth: Int) {
            self.usersNameThemselves = usersNameThemselves
            self.maximumRooms = maximumRooms
            self.maximumJSONDepth = maximumJSONDepth
        }
    }

    /// The language that the connection will speak; `nil` if its messages are only sent back.
    package let client: (any ClientProtocol)?
    /// `nil` for an anonymous client.
    package let user: UserID?
    /// The subprotocol that was chosen from those offered, if any.
    package let subprotocol: String?

    /// Reads what a handshake asks for; its form has already been checked.
    ///
    /// - Parameter offers: The subprotocols that the client offers, in the client's order.
    package init(
        _ target: RequestTarget,
        offering offers: [String],
        for endpoint: Endpoint,
        _ rules: Rules
    ) throws(UpgradeRefusal) {
        var query: [(name: String, value: String)] = []
        target.forEachQueryItem { query.append((name: $0, value: $1)) }
        let hello = ClientHello(query: query, maximumJSONDepth: rules.maximumJSONDepth)
        guard hello.value(of: "access_token") == nil else {
            throw UpgradeRefusal(.token, .badRequest, "this gateway takes no tokens; leave out access_token")
        }
        self.user = try Self.user(hello, rules)
        switch endpoint {
        case .echo:
            self.client = nil
            self.subprotocol = nil
        case .rooms:
            guard let (language, subprotocol) = SpokenProtocols.choose(of: offers) else {
                throw UpgradeRefusal(
                    .subprotocol,
                    .badRequest,
                    "none of the offered subprotocols is spoken here; these are: \(Self.spoken)"
                )
            }
            let client = try Self.client(of: language, hello, hasOffered: subprotocol != nil)
            guard client.rooms.count <= rules.maximumRooms else {
                let rooms = client.rooms.count
                throw UpgradeRefusal(
                    .room,
                    .badRequest,
                    "\(rooms) rooms; one connection may be in \(rules.maximumRooms) (limits.subscriptions)"
                )
            }
            self.client = client
            self.subprotocol = subprotocol
        }
    }

    package var protocolName: ProtocolName {
        self.client.map { type(of: $0).name } ?? Echo.countsAs
    }

    private static var spoken: String { SpokenProtocols.subprotocols.joined(separator: ", ") }

    private static func user(_ hello: ClientHello, _ rules: Rules) throws(UpgradeRefusal) -> UserID? {
        guard rules.usersNameThemselves, let text = hello.value(of: "user") else { return nil }
        do {
            return try UserID(text)
        } catch {
            throw UpgradeRefusal(.user, .badRequest, "user: \(error)")
        }
    }

    private static func client(
        of language: any ClientProtocol.Type,
        _ hello: ClientHello,
        hasOffered: Bool
    ) throws(UpgradeRefusal) -> any ClientProtocol {
        do throws(HelloFault) {
            return try language.init(hello)
        } catch {
            let reason: HandshakeRejection = error.part == .room ? .room : .badHandshake
            // A client that offered nothing may have meant another language.
            let hint = hasOffered || error.part != .room ? "" : "; the subprotocols spoken here are: \(Self.spoken)"
            throw UpgradeRefusal(reason, .badRequest, error.sentence + hint)
        }
    }
}

/// Why there is no 101, and what the client gets instead.
package struct UpgradeRefusal: Error, Sendable {
    package let reason: HandshakeRejection
    package let status: HTTPStatus
    package let explanation: String
    package let headers: HTTPHeaders

    init(_ reason: HandshakeRejection, _ status: HTTPStatus, _ explanation: String) {
        self.reason = reason
        self.status = status
        self.explanation = explanation
        self.headers = [:]
    }

    /// A request that is not a valid handshake.
    init(_ refusal: HandshakeRefusal) {
        self.reason =
            switch refusal {
            case .methodNotAllowed: .method
            case .unsupportedVersion: .version
            default: .badHandshake
            }
        self.status = refusal.status
        self.explanation = "\(refusal)"
        self.headers = refusal.headers
    }
}
