import ByteKernels

/// Reads the frames of one peer (RFC 6455 section 5) from bytes as they arrive.
///
/// It consumes everything it is given, and scans and copies nothing twice:
/// - a message that is whole and unfragmented in the buffer is unmasked in place and returned as a range of it;
/// - the bytes of any other message are copied as they arrive. The decoder holds at most twice what has arrived, and
///   never more than the announced length;
/// - text is validated as it arrives, so a message is refused at the first invalid byte, however long it is announced
///   to be.
///
/// An idle decoder holds no memory. After a close or a fault it discards what follows.
package struct FrameDecoder: ~Copyable {
    package let role: WebSocketRole
    /// The limit for all fragments together; control frames are not counted.
    package let maximumMessageBytes: Int
    private var isOver = false
    private var unfinished: Unfinished?

    package init(role: WebSocketRole, maximumMessageBytes: Int) {
        precondition(maximumMessageBytes >= 0, "a size limit is not negative")
        self.role = role
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Whether part of a frame, or of a fragmented message, has arrived but not its end.
    package var isInsideMessage: Bool { self.unfinished != nil }

    /// How many bytes are held of the message that has begun.
    package var heldBytes: Int { self.unfinished?.message.capacity ?? 0 }

    /// The next event from the peer, or `nil` when all of `bytes` is consumed and more are needed.
    ///
    /// - Parameters:
    ///   - bytes: Unmasked in place.
    ///   - offset: Where to continue; moved past what was consumed. Call with the same buffer until it returns `nil`.
    package mutating func next(_ bytes: inout MutableSpan<UInt8>, from offset: inout Int) -> FrameEvent? {
        guard !self.isOver else {
            offset = bytes.count
            return nil
        }
        do throws(WebSocketFault) {
            while offset < bytes.count {
                if let event = try self.readFrame(&bytes, from: &offset) {
                    if case .close = event { self.end() }
                    return event
                }
            }
            return nil
        } catch {
            self.end()
            return .fault(error)
        }
    }

    private mutating func end() {
        self.isOver = true
        self.unfinished = nil
    }

    /// Reads a frame, or as much of it as has arrived.
    private mutating func readFrame(
        _ bytes: inout MutableSpan<UInt8>,
        from offset: inout Int
    ) throws(WebSocketFault) -> FrameEvent? {
        if let unfinished = self.unfinished {
            if unfinished.head != nil {
                return try self.readOn(unfinished, &bytes, from: &offset)
            }
            if !unfinished.cutHead.isEmpty {
                guard let head = try self.readCutHead(unfinished, bytes.span, from: &offset) else { return nil }
                return try self.beginPayload(of: head, &bytes, from: &offset)
            }
        }
        guard let head = try FrameHead.read(bytes.span, at: offset, expecting: self.expectation) else {
            let unfinished = self.beginUnfinished()
            unfinished.cutHead.append(copying: bytes.span.extracting(offset...))
            offset = bytes.count
            return nil
        }
        offset += head.headBytes
        return try self.beginPayload(of: head, &bytes, from: &offset)
    }

    /// What kind of frame may come next, given what came before.
    private var expectation: FrameHead.Expectation {
        FrameHead.Expectation(
            role: self.role,
            isInsideMessage: self.unfinished?.kind != nil,
            collectedBytes: self.unfinished?.message.count ?? 0,
            maximumMessageBytes: self.maximumMessageBytes
        )
    }

    /// Completes a head that was split between two buffers.
    private func readCutHead(
        _ unfinished: Unfinished,
        _ bytes: Span<UInt8>,
        from offset: inout Int
    ) throws(WebSocketFault) -> FrameHead? {
        while offset < bytes.count {
            unfinished.cutHead.append(bytes[offset])
            offset += 1
            let cut = unfinished.cutHead
            if let head = try FrameHead.read(cut.span, at: 0, expecting: self.expectation) {
                unfinished.cutHead = []
                return head
            }
        }
        return nil
    }

    /// Takes the available part of a payload whose head has just been read.
    private mutating func beginPayload(
        of head: FrameHead,
        _ bytes: inout MutableSpan<UInt8>,
        from offset: inout Int
    ) throws(WebSocketFault) -> FrameEvent? {
        let range = offset..<min(bytes.count, offset + head.payloadBytes)
        offset = range.upperBound
        if let key = head.key {
            unmask(&bytes, in: range, key: key, offset: 0)
        }
        if range.count == head.payloadBytes {
            if head.opcode.isControl {
                self.forgetIfIdle()
                return try self.controlEvent(head.opcode, .inBuffer(range), in: bytes.span)
            }
            if head.isFinal, let kind = MessageKind(rawValue: head.opcode.rawValue) {
                if kind == .text, !isValidUTF8(bytes.span.extracting(range)) { throw .invalidUTF8 }
                self.forgetIfIdle()
                return .message(kind, .inBuffer(range))
            }
        }
        let unfinished = self.beginUnfinished()
        unfinished.begin(head)
        return try self.take(bytes.span.extracting(range), into: unfinished)
    }

    /// Takes the next piece of a payload that was split between two buffers.
    private mutating func readOn(
        _ unfinished: Unfinished,
        _ bytes: inout MutableSpan<UInt8>,
        from offset: inout Int
    ) throws(WebSocketFault) -> FrameEvent? {
        let range = offset..<min(bytes.count, offset + unfinished.missingBytes)
        offset = range.upperBound
        if let key = unfinished.head?.key {
            unmask(&bytes, in: range, key: key, offset: unfinished.arrivedBytes)
        }
        return try self.take(bytes.span.extracting(range), into: unfinished)
    }

    private mutating func take(
        _ piece: Span<UInt8>,
        into unfinished: Unfinished
    ) throws(WebSocketFault) -> FrameEvent? {
        switch try unfinished.take(piece) {
        case .more:
            return nil
        case .control(let opcode, let payload):
            self.forgetIfIdle()
            let nothing: [UInt8] = []
            return try self.controlEvent(opcode, .owned(payload), in: nothing.span)
        case .message(let kind, let payload):
            self.unfinished = nil
            return .message(kind, .owned(payload))
        }
    }

    private func controlEvent(
        _ opcode: Opcode,
        _ payload: FramePayload,
        in buffer: Span<UInt8>
    ) throws(WebSocketFault) -> FrameEvent {
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default:
            let close = try payload.withBytes(in: buffer) { (bytes) throws(WebSocketFault) in
                try PeerClose(payload: bytes)
            }
            return .close(close)
        }
    }

    private mutating func beginUnfinished() -> Unfinished {
        if let unfinished = self.unfinished { return unfinished }
        let unfinished = Unfinished()
        self.unfinished = unfinished
        return unfinished
    }

    /// Releases memory that was only needed for a split head or control frame.
    private mutating func forgetIfIdle() {
        if let unfinished = self.unfinished, unfinished.kind == nil { self.unfinished = nil }
    }
}

@available(*, unavailable)
extension FrameDecoder: Sendable {}
