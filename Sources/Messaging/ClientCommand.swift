import Instruments

/// The id a client gave to a command, echoed as written.
package enum CommandID: Hashable, Sendable {
    /// The characters of a JSON number.
    case number(String)
    /// The JSON string, unescaped; at most 64 bytes.
    case string(String)
}

/// What a client asks for, in any language.
package enum ClientCommand: Equatable, Sendable {
    case connect(token: String?, resume: String?)
    case subscribe(RoomName, since: String?)
    case unsubscribe(RoomName)
    case publish(room: RoomName, kind: PayloadKind, payload: [UInt8], echo: Bool, trace: TraceContext?)
    case refresh(token: String)
    case received(MessageID)
    case ping
    /// A command of the language that this gateway does not support.
    case unsupported(CommandName)

    package var name: CommandName {
        switch self {
        case .connect: .connect
        case .subscribe: .subscribe
        case .unsubscribe: .unsubscribe
        case .publish: .publish
        case .refresh: .refresh
        case .received: .received
        case .ping: .ping
        case .unsupported(let name): name
        }
    }

    /// The room it is about; `nil` if there is none.
    package var room: RoomName? {
        switch self {
        case .subscribe(let room, _), .unsubscribe(let room), .publish(let room, _, _, _, _): room
        case .connect, .refresh, .received, .ping, .unsupported: nil
        }
    }
}

/// The commands as counted and as used in label values.
package enum CommandName: UInt8, Vocabulary {
    case connect
    case subscribe
    case unsubscribe
    case publish
    case refresh
    case received
    case ping
    case history
    case presence
    /// Anything that could not be read as one of these.
    case unknown

    package var label: String {
        switch self {
        case .connect: "connect"
        case .subscribe: "subscribe"
        case .unsubscribe: "unsubscribe"
        case .publish: "publish"
        case .refresh: "refresh"
        case .received: "received"
        case .ping: "ping"
        case .history: "history"
        case .presence: "presence"
        case .unknown: "unknown"
        }
    }
}

/// A command together with the id that its answer carries.
package struct ClientRequest: Equatable, Sendable {
    package let id: CommandID?
    package let command: ClientCommand

    package init(id: CommandID?, command: ClientCommand) {
        self.id = id
        self.command = command
    }
}

/// A command that cannot be carried out as written.
package struct CommandFault: Error, Equatable, Sendable {
    package let id: CommandID?
    package let command: CommandName
    /// The room it names; `nil` if it names none, or not a valid one.
    package let room: RoomName?
    package let refusal: Refusal

    package init(id: CommandID?, command: CommandName, room: RoomName? = nil, _ refusal: Refusal) {
        self.id = id
        self.command = command
        self.room = room
        self.refusal = refusal
    }
}
