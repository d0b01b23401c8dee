package import Messaging

/// The native protocol, `atalaya.v1.json`: text frames of one JSON object each.
package final class Native: ClientProtocol {
    package static let name = ProtocolName.native
    package static let subprotocols = ["atalaya.v1.json"]
    package static let traits = ProtocolTraits(commands: CommandName.allCases, isPinged: true, isWelcomed: true)

    package var rooms: [RoomName] { [] }
    package var encoding: MessageEncoding { MessageEncoding(Self.name) }
    package let resume: String?
    private let maximumDepth: Int

    package init(_ hello: ClientHello) throws(HelloFault) {
        self.resume = hello.value(of: "resume")
        self.maximumDepth = hello.maximumJSONDepth
    }

    /// A member that is `null` counts as absent, except for `data`, where it is a value, and `id`.
    package func read(_ bytes: Span<UInt8>, isText: Bool) -> ClientInput {
        guard isText else {
            return .ending(
                Ending(.protocolError, by: .server, code: 1003, "atalaya.v1.json uses text frames only")
            )
        }
        do throws(NativeFault) {
            return .request(try NativeCommand(bytes, maximumDepth: self.maximumDepth).request(in: bytes))
        } catch {
            switch error {
            case .notAnObject(let why): return .ending(Ending(.protocolError, by: .server, code: 4400, why))
            case .command(let fault): return .fault(fault)
            }
        }
    }

    package func readOversized(_ explanation: String) -> ClientInput {
        .ending(Ending(.tooBig, by: .server, explanation))
    }

    package func answer(_ refusal: Refusal, to id: CommandID?) -> RefusalAnswer {
        .event(.failed(id, refusal))
    }

    package static func isText(_ message: Message, as encoding: MessageEncoding) -> Bool { true }

    package static func isSentAsIs(_ message: Message, as encoding: MessageEncoding) -> Bool { false }
}
