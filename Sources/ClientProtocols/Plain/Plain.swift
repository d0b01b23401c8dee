package import Messaging

/// Plain rooms: each message is a payload, and nothing else is said.
package enum Plain: ClientProtocol {
    package static let name = ProtocolName.plain
    package static let subprotocols = ["atalaya.v1.plain"]

    package static func isText(_ message: Message) -> Bool {
        message.kind != .binary
    }

    package static func isSentAsIs(_ message: Message) -> Bool {
        !PayloadText.isDeclaredString(message)
    }

    /// Appends what members get: of a declared JSON string its text, of anything else the payload.
    package static func encode(_ message: Message, into bytes: inout [UInt8]) {
        if PayloadText.isDeclaredString(message) {
            PayloadText.appendString(message, to: &bytes)
        } else {
            bytes.append(contentsOf: message.payload)
        }
    }

    /// There is no frame but the messages themselves.
    @discardableResult
    package static func encode(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool {
        false
    }
}
