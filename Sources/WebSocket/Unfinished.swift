import ByteKernels

/// What a decoder holds between two buffers: part of a head, of a control frame, or of a message.
final class Unfinished {
    enum Progress {
        case more
        case control(Opcode, [UInt8])
        case message(MessageKind, [UInt8])
    }

    /// The bytes of an incomplete head.
    var cutHead: [UInt8] = []
    /// The frame whose payload is still arriving.
    private(set) var head: FrameHead?
    private(set) var arrivedBytes = 0
    /// Set from a message's first fragment to its last.
    private(set) var kind: MessageKind?
    private(set) var message: [UInt8] = []
    private var validator = UTF8Validator()
    private var control: [UInt8] = []

    var missingBytes: Int { (self.head?.payloadBytes ?? 0) - self.arrivedBytes }

    func begin(_ head: FrameHead) {
        self.head = head
        self.arrivedBytes = 0
        if let kind = MessageKind(rawValue: head.opcode.rawValue) { self.kind = kind }
    }

    /// Takes unmasked bytes of the frame's payload.
    func take(_ piece: Span<UInt8>) throws(WebSocketFault) -> Progress {
        guard let head = self.head else { preconditionFailure("a payload comes after its head") }
        if head.opcode.isControl {
            self.control.append(copying: piece)
        } else {
            if self.kind == .text, !self.validator.accept(piece) { throw .invalidUTF8 }
            self.makeRoom(for: piece.count)
            self.message.append(copying: piece)
        }
        self.arrivedBytes += piece.count
        guard self.missingBytes == 0 else { return .more }

        self.head = nil
        if head.opcode.isControl {
            let payload = self.control
            self.control = []
            return .control(head.opcode, payload)
        }
        guard head.isFinal, let kind = self.kind else { return .more }
        if kind == .text, !self.validator.isComplete { throw .invalidUTF8 }
        return .message(kind, self.message)
    }

    /// Grows to twice what has arrived, but never beyond what was announced.
    private func makeRoom(for count: Int) {
        let needed = self.message.count + count
        guard needed > self.message.capacity else { return }
        let announced = self.message.count + self.missingBytes
        self.message.reserveCapacity(max(needed, min(announced, 2 * needed)))
    }
}
