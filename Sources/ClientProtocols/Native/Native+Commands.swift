import JSONText
package import Messaging

/// What a client says in the native protocol: the other end of `read`.
extension Native {
    package static func write(_ request: ClientRequest, into bytes: inout [UInt8]) -> Bool {
        guard request.command.hasNativeWord else { return false }
        bytes.append(contentsOf: #"{"type":"\#(request.command.name.label)""#.utf8)
        self.write(request.id, to: &bytes)
        switch request.command {
        case .connect(let token, let resume):
            self.write(.token, token, to: &bytes)
            self.write(.resume, resume, to: &bytes)
        case .subscribe(let room, let since):
            self.write(.room, room.text, to: &bytes)
            self.write(.since, since, to: &bytes)
        case .unsubscribe(let room):
            self.write(.room, room.text, to: &bytes)
        case .publish(let room, _, let payload, let echo, let trace):
            self.write(.room, room.text, to: &bytes)
            bytes.append(contentsOf: #","data":"#.utf8)
            bytes.append(contentsOf: payload)
            if !echo {
                bytes.append(contentsOf: #","echo":false"#.utf8)
            }
            self.write(.traceparent, trace?.traceparent, to: &bytes)
        case .refresh(let token):
            self.write(.token, token, to: &bytes)
        case .received(let message):
            self.write(.messageID, message.text, to: &bytes)
        case .ping, .unsupported:
            break
        }
        bytes.append(UInt8(ascii: "}"))
        return true
    }

    private static func write(_ member: NativeMember, _ text: String?, to bytes: inout [UInt8]) {
        guard let text else { return }
        bytes.append(contentsOf: #","\#(member.name)":"#.utf8)
        JSONString.append(text, to: &bytes)
    }
}

extension ClientCommand {
    /// `data` must be JSON, and the members of an unsupported command are not known.
    fileprivate var hasNativeWord: Bool {
        switch self {
        case .publish(_, let kind, _, _, _): kind == .json
        case .unsupported: false
        default: true
        }
    }
}
