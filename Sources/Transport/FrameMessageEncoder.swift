import ClientProtocols
import Instruments
package import Messaging
package import Reactor
import Rooms
import WebSocket

/// Writes a room's message as one WebSocket frame, in an encoding's protocol.
package final class FrameMessageEncoder: MessageEncoder {
    private let frames = FrameEncoder(role: .server)
    /// Reused for every message; finished frames are in the batch.
    private var text: [UInt8] = []

    package init() {}

    package func encode(_ message: Message, number: UInt64, as encoding: MessageEncoding, into batch: SendBatch) {
        let language = SpokenProtocols.byName[encoding.protocolName]
        let opcode: Opcode = language.isText(message, as: encoding) ? .text : .binary
        if language.isSentAsIs(message, as: encoding) {
            self.append(opcode, message.payload, number, to: batch)
        } else {
            self.text.removeAll(keepingCapacity: true)
            language.encode(message, as: encoding, into: &self.text)
            self.append(opcode, self.text, number, to: batch)
        }
    }

    private func append(_ opcode: Opcode, _ payload: [UInt8], _ number: UInt64, to batch: SendBatch) {
        batch.append(
            bytes: self.frames.frameBytes(payloadBytes: payload.count),
            number: number,
            payloadBytes: payload.count
        ) { output in
            self.frames.write(opcode, payload.span, into: &output)
        }
    }
}

@available(*, unavailable) extension FrameMessageEncoder: Sendable {}
