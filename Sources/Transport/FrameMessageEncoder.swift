import ClientProtocols
package import Messaging
package import Reactor
import Rooms
import WebSocket

/// Writes a room's message as one WebSocket frame in each protocol's words.
package final class FrameMessageEncoder: MessageEncoder {
    private let frames = FrameEncoder(role: .server)
    /// Used again for every message; what is finished lives in the batch.
    private var text: [UInt8] = []

    package init() {}

    package func encode(_ message: Message, for lane: ProtocolName, into batch: SendBatch) {
        self.text.removeAll(keepingCapacity: true)
        switch lane {
        case .plain:
            let opcode: Opcode = message.kind == .binary ? .binary : .text
            if Plain.isSentAsIs(message) {
                let payload = message.payload
                self.append(opcode, payload.span, to: batch)
            } else {
                Plain.encode(message, into: &self.text)
                let text = self.text
                self.append(opcode, text.span, to: batch)
            }
        case .native:
            Native.encode(message, into: &self.text)
            let text = self.text
            self.append(.text, text.span, to: batch)
        }
    }

    private func append(_ opcode: Opcode, _ payload: Span<UInt8>, to batch: SendBatch) {
        batch.append(
            bytes: self.frames.frameBytes(payloadBytes: payload.count),
            payloadBytes: payload.count
        ) { output in
            self.frames.write(opcode, payload, into: &output)
        }
    }
}

@available(*, unavailable) extension FrameMessageEncoder: Sendable {}
