import ByteKernels
package import Messaging

/// Plain rooms: each message is a payload and nothing else.
///
/// What a client sends goes to the first room in its URL; it gets the messages of all of them.
package final class Plain: ClientProtocol {
    package static let name = ProtocolName.plain
    package static let subprotocols = ["atalaya.v1.plain"]
    package static let traits = ProtocolTraits(commands: [.publish], isPinged: true, isWelcomed: false)

    package let rooms: [RoomName]
    package var encoding: MessageEncoding { MessageEncoding(Self.name) }
    package var resume: String? { nil }
    private let room: RoomName
    /// Whether the client gets its own messages too.
    private let echo: Bool

    package init(_ hello: ClientHello) throws(HelloFault) {
        self.rooms = try Self.rooms(hello)
        guard let first = self.rooms.first else { throw HelloFault(.room, "plain rooms need a room: ?room=NAME") }
        self.room = first
        switch hello.value(of: "echo") {
        case nil, "true": self.echo = true
        case "false": self.echo = false
        case let other?: throw HelloFault(.parameter, "echo must be true or false, not \(other.prefix(20))")
        }
    }

    private static func rooms(_ hello: ClientHello) throws(HelloFault) -> [RoomName] {
        var rooms: [RoomName] = []
        var known: Set<RoomName> = []
        for text in hello.values(of: "room") {
            do throws(RoomNameError) {
                let room = try RoomName(text)
                if known.insert(room).inserted {
                    rooms.append(room)
                }
            } catch {
                throw HelloFault(.room, "room: \(error)")
            }
        }
        return rooms
    }

    // MARK: - What the client says

    package func read(_ bytes: Span<UInt8>, isText: Bool) -> ClientInput {
        .request(
            ClientRequest(
                id: nil,
                command: .publish(
                    room: self.room,
                    kind: isText ? .text : .binary,
                    payload: [UInt8](copying: bytes),
                    echo: self.echo,
                    trace: nil
                )
            )
        )
    }

    /// Whatever it was, it was meant to be published.
    package func readOversized(_ explanation: String) -> ClientInput {
        .fault(CommandFault(id: nil, command: .publish, room: self.room, Refusal(.tooBig, explanation)))
    }

    package static func write(_ request: ClientRequest, into bytes: inout [UInt8]) -> Bool {
        guard case .publish(_, let kind, let payload, _, nil) = request.command, kind != .json, request.id == nil else {
            return false
        }
        bytes.append(contentsOf: payload)
        return true
    }

    // MARK: - What it is told

    /// There are no frames but the messages themselves.
    package func write(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool {
        false
    }

    /// Without answers, a refusal ends the connection.
    package func answer(_ refusal: Refusal, to id: CommandID?) -> RefusalAnswer {
        let reason: CloseReason =
            switch refusal.code {
            case .rateLimited: .rateLimited
            case .forbidden, .invalid, .notSupported: .forbidden
            case .unauthenticated: .unauthenticated
            case .tooBig: .tooBig
            case .brokerUnavailable: .overloaded
            }
        return .ending(Ending(reason, by: .server, refusal.sentence))
    }

    package func writeGoodbye(_ ending: Ending, into bytes: inout [UInt8]) -> Bool {
        false
    }

    // MARK: - Rooms' messages

    package static func isText(_ message: Message, as encoding: MessageEncoding) -> Bool {
        message.kind != .binary
    }

    package static func isSentAsIs(_ message: Message, as encoding: MessageEncoding) -> Bool {
        !PayloadText.isDeclaredString(message)
    }

    /// Appends what members get: the text of a declared JSON string, or else the payload itself.
    package static func encode(_ message: Message, as encoding: MessageEncoding, into bytes: inout [UInt8]) {
        if PayloadText.isDeclaredString(message) {
            PayloadText.appendString(message, to: &bytes)
        } else {
            bytes.append(contentsOf: message.payload)
        }
    }
}
