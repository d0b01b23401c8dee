/// How a peer broke RFC 6455.
///
/// The connection cannot go on: it is closed with `closeCode`.
package enum WebSocketFault: Error, Equatable, Sendable {
    /// The bits as in the first byte.
    case reservedBits(UInt8)
    case reservedOpcode(UInt8)
    case unmaskedFromClient
    case maskedFromServer
    case fragmentedControlFrame
    case controlFrameTooLong
    /// A length written with more bytes than it needs.
    case lengthNotMinimal
    /// A 64-bit length with its top bit set.
    case lengthTooLarge
    case continuationOfNothing
    /// A new message before the last fragment of the previous one.
    case messageInsideMessage
    case closePayloadOfOneByte
    case closeCodeNotForTheWire(UInt16)
    case invalidUTF8
    /// Known from the frame's head, before its payload is read.
    case messageTooBig(bytes: UInt64, limit: Int)

    /// The status code sent to the peer (RFC 6455 section 7.4.1).
    package var closeCode: UInt16 {
        switch self {
        case .invalidUTF8: 1007
        case .messageTooBig: 1009
        default: 1002
        }
    }
}

extension WebSocketFault: CustomStringConvertible {
    /// A sentence for the peer's developer, sent with the code; fits a close frame.
    package var description: String {
        switch self {
        case .reservedBits(let bits): "reserved bits 0x\(String(bits, radix: 16)) without an extension"
        case .reservedOpcode(let opcode): "opcode \(opcode) is reserved"
        case .unmaskedFromClient: "a client's frames must be masked"
        case .maskedFromServer: "a server's frames must not be masked"
        case .fragmentedControlFrame: "a control frame must not be fragmented"
        case .controlFrameTooLong: "a control frame has at most 125 bytes"
        case .lengthNotMinimal: "a length must be written in its shortest form"
        case .lengthTooLarge: "the top bit of a 64-bit length must be 0"
        case .continuationOfNothing: "a continuation frame without a message to continue"
        case .messageInsideMessage: "a new message before the last fragment of the previous one"
        case .closePayloadOfOneByte: "a close frame's payload must be empty or begin with a code of two bytes"
        case .closeCodeNotForTheWire(let code): "close code \(code) must not be sent"
        case .invalidUTF8: "text must be UTF-8"
        case .messageTooBig(let bytes, let limit): "a message of \(bytes) bytes; the limit is \(limit)"
        }
    }
}
