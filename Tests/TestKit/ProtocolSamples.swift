import Messaging

/// What clients may ask for and be told, in any language.
enum ProtocolSamples {
    private static let room = name("chat.lobby")
    private static let id = ULID(high: 0x0191, low: 7)
    private static let trace = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    static let requests: [ClientRequest] = [nil, .number("7"), .string("a \"quoted\" id")].flatMap { id in
        Self.commands.map { ClientRequest(id: id, command: $0) }
    }

    private static let commands: [ClientCommand] = [
        .connect(token: nil, resume: nil),
        .connect(token: "t\"\n", resume: "r"),
        .subscribe(room, since: nil),
        .subscribe(room, since: "p"),
        .unsubscribe(room),
        .publish(room: room, kind: .json, payload: Array(#"{"text":"hi"}"#.utf8), echo: true, trace: nil),
        .publish(room: room, kind: .json, payload: Array("[1,null]".utf8), echo: false, trace: trace),
        .publish(room: room, kind: .text, payload: Array("hé".utf8), echo: true, trace: nil),
        .publish(room: room, kind: .text, payload: [], echo: true, trace: nil),
        .publish(room: room, kind: .binary, payload: [0, 0xFF, 7], echo: true, trace: nil),
        .refresh(token: "t"),
        .received(MessageID(id)),
        .ping,
        .unsupported(.history),
    ]

    static let welcome = Welcome(
        connection: ConnectionID(id),
        user: UserID(anonymous: ConnectionID(id)),
        resume: "secret",
        resumed: false,
        instance: "pod-1",
        heartbeatMilliseconds: 25_000
    )

    static let events: [ServerEvent] = [
        .welcome(welcome),
        .subscribed(.number("1"), recovered: nil),
        .subscribed(.number("1"), recovered: false),
        .published(.string("x"), MessageID(id)),
        .done(.number("2")),
        .failed(nil, Refusal(.invalid, "no")),
        .failed(.number("3"), Refusal(.brokerUnavailable, "later")),
        .pong(nil),
        .pong(.string("p")),
    ]

    static let messages: [Message] = [
        (PayloadKind.text, Array("hello".utf8)), (.text, []), (.text, Array(#"{"a":1}"#.utf8)),
        (.json, Array(#"{"a":[1,2]}"#.utf8)), (.json, Array(#""a \u00e9 string""#.utf8)), (.json, Array("null".utf8)),
        (.binary, [0, 1, 0xFE, 0xFF]), (.binary, []),
    ].flatMap { (kind, payload) in
        [
            Self.message(kind, payload, from: nil),
            Self.message(kind, payload, from: UserID(anonymous: ConnectionID(id))),
        ]
    }

    private static func message(_ kind: PayloadKind, _ payload: [UInt8], from user: UserID?) -> Message {
        Message(
            id: MessageID(id),
            room: room,
            kind: kind,
            payload: payload,
            from: user,
            acceptedAt: 1_795_000_000_000_000_000,
            trace: user == nil ? nil : trace
        )
    }

    private static func name(_ text: String) -> RoomName {
        guard let room = try? RoomName(text) else { preconditionFailure("\(text) is a room's name") }
        return room
    }
}

extension ClientRequest {
    /// Whether a WebSocket client sends it as text.
    var isText: Bool {
        if case .publish(_, .binary, _, _, _) = self.command { false } else { true }
    }
}
