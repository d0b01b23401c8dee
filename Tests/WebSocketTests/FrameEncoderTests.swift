import Testing
import WebSocket

@Suite struct FrameEncoderTests {
    @Test(
        arguments: [
            (Opcode.text, true, "Hello", [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
            (.text, false, "Hel", [0x01, 0x03, 0x48, 0x65, 0x6c]),
            (.continuation, true, "lo", [0x80, 0x02, 0x6c, 0x6f]),
            (.ping, true, "Hello", [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
        ] as [(Opcode, Bool, String, [UInt8])]
    )
    func `a server writes the examples of RFC 6455 section 5-7`(
        opcode: Opcode,
        isFinal: Bool,
        payload: String,
        expected: [UInt8]
    ) {
        var bytes: [UInt8] = []
        FrameEncoder(role: .server).write(opcode, Array(payload.utf8).span, isFinal: isFinal, into: &bytes)
        #expect(bytes == expected)
    }

    @Test(
        arguments: [
            (125, [0x82, 125]), (126, [0x82, 126, 0, 126]), (65535, [0x82, 126, 255, 255]),
            (65536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func `lengths are written in their shortest form`(count: Int, head: [UInt8]) {
        let encoder = FrameEncoder(role: .server)
        let payload = [UInt8](repeating: 3, count: count)
        var bytes: [UInt8] = []
        encoder.write(.binary, payload.span, into: &bytes)
        #expect(bytes.starts(with: head))
        #expect(bytes.count == head.count + count)
        #expect(encoder.headBytes(payloadBytes: count) == head.count)
        #expect(encoder.frameBytes(payloadBytes: count) == bytes.count)
    }

    @Test(arguments: [WebSocketRole.server, .client], [0, 1, 125, 126, 65535, 65536, 70_001])
    func `what one end writes the other hears`(role: WebSocketRole, count: Int) {
        let encoder = FrameEncoder(role: role)
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var bytes: [UInt8] = [0xEE]
        bytes.removeAll()
        encoder.write(.binary, payload.span, into: &bytes)
        encoder.write(.text, Array("€".utf8).span, into: &bytes)
        let other: WebSocketRole = role == .server ? .client : .server
        #expect(heard(bytes, as: other) == [.binary(payload), .text("€")])
        #expect(heard(bytes, as: role) == [.fault(role == .server ? .unmaskedFromClient : .maskedFromServer)])
    }

    @Test func `a client masks each frame with a key of its own`() {
        let encoder = FrameEncoder(role: .client)
        let keys = (0..<32).map { _ in
            var bytes: [UInt8] = []
            encoder.write(.text, Array("same".utf8).span, into: &bytes)
            return Array(bytes[2..<6])
        }
        #expect(Set(keys).count > 30)
    }

    @Test func `a frame fits exactly where its size was reserved`() {
        let encoder = FrameEncoder(role: .client)
        let payload = [UInt8](repeating: 1, count: 300)
        let bytes = [UInt8](capacity: encoder.frameBytes(payloadBytes: 300)) { output in
            encoder.write(.binary, payload.span, into: &output)
            #expect(output.isFull == true)
        }
        #expect(heard(bytes) == [.binary(payload)])
    }

    @Test func `a close says its code, and as much of its reason as fits`() {
        let encoder = FrameEncoder(role: .server)
        func closed(_ code: UInt16?, _ reason: String) -> [Heard] {
            var bytes: [UInt8] = []
            encoder.writeClose(code: code, reason: reason, into: &bytes)
            return heard(bytes, as: .client)
        }
        #expect(closed(nil, "ignored") == [.close(nil, "")])
        #expect(closed(4413, "") == [.close(4413, "")])
        #expect(closed(1012, "draining") == [.close(1012, "draining")])
        #expect(closed(1000, String(repeating: "€", count: 60)) == [.close(1000, String(repeating: "€", count: 41))])
    }
}
