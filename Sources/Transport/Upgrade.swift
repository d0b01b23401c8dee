import ClientProtocols
package import HTTP
package import Messaging
import WebSocket

/// What a WebSocket handshake asks for, checked and ready to be answered with a 101.
package struct Upgrade: Sendable {
    /// The WebSocket endpoints of the public listener.
    package enum Endpoint: Sendable {
        case rooms
        case echo
    }

    /// What the server's settings say of who may ask for what.
    package struct Rules: Sendable {
        /// `?user=` names the user.
        package let usersNameThemselves: Bool
        package let maximumRooms: Int

        package init(usersNameThemselves: Bool, maximumRooms: Int) {
            self.usersNameThemselves = usersNameThemselves
            self.maximumRooms = maximumRooms
        }
    }

    package let language: Language
    /// In the order of the URL, each once.
    package let rooms: [RoomName]
    /// `nil` for an anonymous client.
    package let user: UserID?
    /// The token of an earlier connection.
    package let resume: String?
    /// The subprotocol that was chosen of those offered, if any were.
    package let subprotocol: String?

    /// Reads what a handshake asks for, whose form has been checked.
    ///
    /// - Parameter offers: The subprotocols that the client offers, in its order.
    package init(
        _ target: RequestTarget,
        offering offers: [String],
        for endpoint: Endpoint,
        _ rules: Rules
    ) throws(UpgradeRefusal) {
        let query = UpgradeQuery(target)
        guard !query.hasToken else {
            throw UpgradeRefusal(.token, .badRequest, "this gateway takes no tokens; leave out access_token")
        }
        self.user = try Self.user(query, rules)
        switch endpoint {
        case .echo:
            self.language = .echo
            self.rooms = []
            self.resume = nil
            self.subprotocol = nil
        case .rooms:
            let chosen = try Self.choose(of: offers)
            self.subprotocol = chosen?.subprotocol
            if chosen?.name == .native {
                self.language = .native
                self.rooms = []
                self.resume = query.resume
            } else {
                self.rooms = try Self.rooms(query, rules)
                self.language = .plain(room: self.rooms[0], echo: try Self.echo(query))
                self.resume = nil
            }
        }
    }

    private struct Choice {
        let subprotocol: String
        let name: ProtocolName
    }

    /// The first that is spoken here, in the client's order; `nil` where nothing is offered.
    private static func choose(of offers: [String]) throws(UpgradeRefusal) -> Choice? {
        if offers.isEmpty {
            return nil
        }
        guard let chosen = SpokenProtocols.choose(of: offers) else {
            let spoken = SpokenProtocols.all.flatMap { $0.subprotocols }.joined(separator: ", ")
            throw UpgradeRefusal(
                .subprotocol,
                .badRequest,
                "none of the offered subprotocols is spoken here; these are: \(spoken)"
            )
        }
        return Choice(subprotocol: chosen.subprotocol, name: chosen.language.name)
    }

    private static func user(_ query: UpgradeQuery, _ rules: Rules) throws(UpgradeRefusal) -> UserID? {
        guard rules.usersNameThemselves, let text = query.user else { return nil }
        do {
            return try UserID(text)
        } catch {
            throw UpgradeRefusal(.user, .badRequest, "user: \(error)")
        }
    }

    private static func rooms(_ query: UpgradeQuery, _ rules: Rules) throws(UpgradeRefusal) -> [RoomName] {
        var rooms: [RoomName] = []
        for text in query.rooms {
            do {
                let room = try RoomName(text)
                if !rooms.contains(room) {
                    rooms.append(room)
                }
            } catch {
                throw UpgradeRefusal(.room, .badRequest, "room: \(error)")
            }
        }
        guard !rooms.isEmpty else {
            throw UpgradeRefusal(
                .room,
                .badRequest,
                "plain rooms want a room: /ws?room=NAME; the native protocol wants the subprotocol atalaya.v1.json"
            )
        }
        guard rooms.count <= rules.maximumRooms else {
            throw UpgradeRefusal(
                .room,
                .badRequest,
                "\(rooms.count) rooms; one connection may be in \(rules.maximumRooms) (limits.subscriptions)"
            )
        }
        return rooms
    }

    private static func echo(_ query: UpgradeQuery) throws(UpgradeRefusal) -> Bool {
        switch query.echo {
        case nil, "true": true
        case "false": false
        case let other?:
            throw UpgradeRefusal(.badHandshake, .badRequest, "echo is true or false, not \(other.prefix(20))")
        }
    }
}

/// The parameters of a handshake's URL that mean something, found in one pass; of what may stand there once, the first
/// counts.
private struct UpgradeQuery {
    private(set) var hasToken = false
    private(set) var user: String?
    private(set) var rooms: [String] = []
    private(set) var echo: String?
    private(set) var resume: String?

    init(_ target: RequestTarget) {
        target.forEachQueryItem { name, value in
            switch name {
            case "access_token": self.hasToken = true
            case "user": self.user = self.user ?? value
            case "room": self.rooms.append(value)
            case "echo": self.echo = self.echo ?? value
            case "resume": self.resume = self.resume ?? value
            default: break
            }
        }
    }
}

/// Why there is no 101, and what the client is told instead.
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

    /// A request that is no handshake to begin with.
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
