import ByteKernels

/// Writes the frames of one end (RFC 6455 section 5): lengths in their shortest form, masked if a client writes.
package struct FrameEncoder: Sendable {
    package let role: WebSocketRole

    package init(role: WebSocketRole) {
        self.role = role
    }

    /// The size of the head of a frame with such a payload, in bytes.
    package func headBytes(payloadBytes: Int) -> Int {
        let length = payloadBytes < 126 ? 2 : payloadBytes <= 0xFFFF ? 4 : 10
        return self.role == .client ? length + 4 : length
    }

    /// The size of a frame with such a payload, in bytes.
    package func frameBytes(payloadBytes: Int) -> Int {
        self.headBytes(payloadBytes: payloadBytes) + payloadBytes
    }

    /// Writes a frame to `output`, which must have room for `frameBytes`.
    @_lifetime(output: copy output)
    package func write(
        _ opcode: Opcode,
        _ payload: Span<UInt8>,
        isFinal: Bool = true,
        into output: inout OutputSpan<UInt8>
    ) {
        switch self.role {
        case .server:
            self.writeHead(opcode, payloadBytes: payload.count, isFinal: isFinal, key: nil, into: &output)
            output.append(copying: payload)
        case .client:
            // A new, unpredictable key for each frame (RFC 6455 section 5.3).
            let key = UInt32.random(in: .min ... .max)
            self.writeHead(opcode, payloadBytes: payload.count, isFinal: isFinal, key: key, into: &output)
            let start = output.count
            output.append(copying: payload)
            let range = start..<output.count
            var written = output.mutableSpan
            unmask(&written, in: range, key: key, offset: 0)
        }
    }

    /// Appends a frame to `output`.
    package func write(
        _ opcode: Opcode,
        _ payload: Span<UInt8>,
        isFinal: Bool = true,
        into output: inout [UInt8]
    ) {
        output.append(addingCapacity: self.frameBytes(payloadBytes: payload.count)) { output in
            self.write(opcode, payload, isFinal: isFinal, into: &output)
        }
    }

    /// Appends a close frame to `output`.
    ///
    /// - Parameters:
    ///   - code: `nil` for an empty frame.
    ///   - reason: Cut to 123 bytes at a character boundary.
    package func writeClose(code: UInt16?, reason: String = "", into output: inout [UInt8]) {
        var payload: [UInt8] = []
        if let code {
            payload.append(UInt8(code >> 8))
            payload.append(UInt8(truncatingIfNeeded: code))
            for character in reason {
                guard payload.count + character.utf8.count <= FrameHead.maximumControlPayload else { break }
                payload.append(contentsOf: character.utf8)
            }
        }
        self.write(.close, payload.span, into: &output)
    }

    @_lifetime(output: copy output)
    private func writeHead(
        _ opcode: Opcode,
        payloadBytes: Int,
        isFinal: Bool,
        key: UInt32?,
        into output: inout OutputSpan<UInt8>
    ) {
        precondition(!opcode.isControl || payloadBytes <= FrameHead.maximumControlPayload, "a control frame is short")
        output.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let maskBit: UInt8 = key == nil ? 0 : 0x80
        if payloadBytes < 126 {
            output.append(maskBit | UInt8(payloadBytes))
        } else if payloadBytes <= 0xFFFF {
            output.append(maskBit | 126)
            output.append(UInt8(payloadBytes >> 8))
            output.append(UInt8(truncatingIfNeeded: payloadBytes))
        } else {
            output.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: payloadBytes >> shift))
            }
        }
        if let key {
            let bytes = key.littleEndian
            for shift in stride(from: UInt32(0), through: 24, by: 8) {
                output.append(UInt8(truncatingIfNeeded: bytes >> shift))
            }
        }
    }
}
