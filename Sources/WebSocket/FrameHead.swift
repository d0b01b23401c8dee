/// What a frame's head says (RFC 6455 section 5.2).
package struct FrameHead: Equatable, Sendable {
    package static let maximumControlPayload = 125

    package let isFinal: Bool
    package let opcode: Opcode
    package let payloadBytes: Int
    /// The masking key as a native load of its four bytes; `nil` if the frame is not masked.
    package let key: UInt32?
    /// The size of the head itself, in bytes.
    package let headBytes: Int

    /// What kind of frame may come next.
    package struct Expectation: Equatable, Sendable {
        /// Which end is reading.
        package var role: WebSocketRole
        /// Whether fragments of a message have arrived but not the last one.
        package var isInsideMessage: Bool
        /// How many bytes of the message have arrived.
        package var collectedBytes: Int
        package var maximumMessageBytes: Int

        package init(role: WebSocketRole, isInsideMessage: Bool, collectedBytes: Int, maximumMessageBytes: Int) {
            self.role = role
            self.isInsideMessage = isInsideMessage
            self.collectedBytes = collectedBytes
            self.maximumMessageBytes = maximumMessageBytes
        }
    }

    /// Reads the head that begins at `start`, or `nil` when more bytes are needed.
    ///
    /// - Throws: as soon as the available bytes cannot become a permitted head, so the size limit is enforced before
    ///   the key, and long before the payload, arrives.
    package static func read(
        _ bytes: Span<UInt8>,
        at start: Int,
        expecting expectation: Expectation
    ) throws(WebSocketFault) -> FrameHead? {
        let available = bytes.count - start
        guard available >= 1 else { return nil }
        let first = bytes[start]
        guard first & 0x70 == 0 else { throw .reservedBits(first & 0x70) }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .reservedOpcode(first & 0x0F) }
        let isFinal = first & 0x80 != 0
        if opcode.isControl {
            guard isFinal else { throw .fragmentedControlFrame }
        } else if opcode == .continuation {
            guard expectation.isInsideMessage else { throw .continuationOfNothing }
        } else {
            guard !expectation.isInsideMessage else { throw .messageInsideMessage }
        }

        guard available >= 2 else { return nil }
        let second = bytes[start + 1]
        let isMasked = second & 0x80 != 0
        switch expectation.role {
        case .server: guard isMasked else { throw .unmaskedFromClient }
        case .client: guard !isMasked else { throw .maskedFromServer }
        }
        let shortLength = Int(second & 0x7F)
        if opcode.isControl, shortLength > self.maximumControlPayload { throw .controlFrameTooLong }

        let lengthBytes = shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8
        guard available >= 2 + lengthBytes else { return nil }
        var length = UInt64(shortLength)
        if lengthBytes > 0 {
            length = 0
            for index in 0..<lengthBytes { length = length << 8 | UInt64(bytes[start + 2 + index]) }
            guard length >> 63 == 0 else { throw .lengthTooLarge }
            guard length > (lengthBytes == 2 ? 125 : 0xFFFF) else { throw .lengthNotMinimal }
        }
        if !opcode.isControl {
            let limit = expectation.maximumMessageBytes
            let (total, isOverflowing) = length.addingReportingOverflow(UInt64(expectation.collectedBytes))
            guard !isOverflowing, total <= UInt64(limit) else { throw .messageTooBig(bytes: total, limit: limit) }
        }

        var headBytes = 2 + lengthBytes
        var key: UInt32?
        if isMasked {
            guard available >= headBytes + 4 else { return nil }
            let at = start + headBytes
            key = UInt32(
                littleEndian: UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
                    | UInt32(bytes[at + 3]) << 24
            )
            headBytes += 4
        }
        return FrameHead(
            isFinal: isFinal,
            opcode: opcode,
            payloadBytes: Int(length),
            key: key,
            headBytes: headBytes
        )
    }
}
