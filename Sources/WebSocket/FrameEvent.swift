/// What a frame decoder found in the bytes it was given.
package enum FrameEvent: Equatable, Sendable {
    /// A whole message; text is valid UTF-8.
    case message(MessageKind, FramePayload)
    /// To be answered with a pong of the same payload, unless a close has been sent.
    case ping(FramePayload)
    case pong(FramePayload)
    /// The peer closes the connection; nothing that follows is read.
    case close(PeerClose)
    /// The peer broke the protocol; nothing that follows is read.
    case fault(WebSocketFault)
}

package enum MessageKind: UInt8, Sendable {
    case text = 1
    case binary = 2

    package var opcode: Opcode { self == .text ? .text : .binary }
}

/// Where a payload is.
package enum FramePayload: Equatable, Sendable {
    /// In the buffer given to the decoder, unmasked. Valid until that buffer is returned.
    case inBuffer(Range<Int>)
    case owned([UInt8])

    /// Lends the bytes, from `buffer` if they are there.
    package func withBytes<Result, Failure: Error>(
        in buffer: Span<UInt8>,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .inBuffer(let range): try body(buffer.extracting(range))
        case .owned(let bytes): try body(bytes.span)
        }
    }
}

/// What a close frame says.
package struct PeerClose: Equatable, Sendable {
    /// `nil` if the frame was empty.
    package let code: UInt16?
    package let reason: String

    package init(code: UInt16?, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Reads a close frame's payload (RFC 6455 sections 5.5.1 and 7.4).
    package init(payload: Span<UInt8>) throws(WebSocketFault) {
        guard payload.count > 0 else {
            self.init(code: nil, reason: "")
            return
        }
        guard payload.count > 1 else { throw .closePayloadOfOneByte }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard Self.isForTheWire(code) else { throw .closeCodeNotForTheWire(code) }
        do {
            let text = try UTF8Span(validating: payload.extracting(2...))
            self.init(code: code, reason: String(copying: text))
        } catch {
            throw .invalidUTF8
        }
    }

    /// Whether a code is allowed in a close frame.
    ///
    /// The codes of RFC 6455, the three registered since (1012 to 1014), and the ranges for libraries and applications.
    /// 1004 to 1006 and 1015 have a meaning only locally.
    package static func isForTheWire(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
