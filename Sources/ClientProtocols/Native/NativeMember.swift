import JSONText
import Messaging

/// All members that any command of the native protocol may have.
enum NativeMember: UInt8, CaseIterable {
    case type
    case id
    case room
    case data
    case echo
    case traceparent
    case since
    case token
    case resume
    case messageID
    case limit

    var name: String {
        switch self {
        case .type: "type"
        case .id: "id"
        case .room: "room"
        case .data: "data"
        case .echo: "echo"
        case .traceparent: "traceparent"
        case .since: "since"
        case .token: "token"
        case .resume: "resume"
        case .messageID: "messageId"
        case .limit: "limit"
        }
    }

    /// The member with this key.
    init?(_ key: JSONValue, in text: Span<UInt8>) {
        if key.isEscaped {
            guard let member = Self.allCases.first(where: { key.isString($0.name, in: text) }) else { return nil }
            self = member
            return
        }
        // Length and first byte leave only one candidate.
        let contents = key.contents
        guard !contents.isEmpty else { return nil }
        switch (contents.count, text[contents.lowerBound]) {
        case (2, UInt8(ascii: "i")): self = .id
        case (4, UInt8(ascii: "t")): self = .type
        case (4, UInt8(ascii: "r")): self = .room
        case (4, UInt8(ascii: "d")): self = .data
        case (4, UInt8(ascii: "e")): self = .echo
        case (5, UInt8(ascii: "s")): self = .since
        case (5, UInt8(ascii: "t")): self = .token
        case (5, UInt8(ascii: "l")): self = .limit
        case (6, UInt8(ascii: "r")): self = .resume
        case (9, UInt8(ascii: "m")): self = .messageID
        case (11, UInt8(ascii: "t")): self = .traceparent
        default: return nil
        }
        guard key.isString(self.name, in: text) else { return nil }
    }

    /// The members a command may have besides type and id, in the order in which they are documented.
    static func known(to command: CommandName) -> [NativeMember] {
        switch command {
        case .connect: [.token, .resume]
        case .subscribe: [.room, .since]
        case .unsubscribe: [.room]
        case .publish: [.room, .data, .echo, .traceparent]
        case .refresh: [.token]
        case .received: [.messageID]
        case .history: [.room, .since, .limit]
        case .presence: [.room]
        case .ping, .unknown: []
        }
    }
}

extension CommandName {
    /// The commands of the native protocol, in the order in which they are documented.
    static let native: [CommandName] = Self.allCases.filter { $0 != .unknown }

    /// The command that a `type` names.
    init?(nativeType value: JSONValue, in text: Span<UInt8>) {
        // Most frames publish.
        if value.isString(CommandName.publish.label, in: text) {
            self = .publish
        } else if let command = Self.native.first(where: { value.isString($0.label, in: text) }) {
            self = command
        } else {
            return nil
        }
    }
}
