internal import ByteKernels

/// Reads requests one after the other, heads and bodies: feed bytes, ask for events.
///
/// All bytes up to the end of the request are taken, so nothing is looked at twice; the body is collected here. The
/// reader stops after each request: `next` continues with the following one only after `startNext`.
package struct RequestReader: Sendable {
    package enum Event: Sendable {
        case head(RequestHead)
        /// The request is complete.
        case end(body: [UInt8])
    }

    private enum State {
        case head
        case length(remaining: Int)
        case chunked
        case bodiless
        case ended
    }

    private let limits: HTTPLimits
    private var state = State.head
    private var parser: RequestHeadParser
    private var chunks: ChunkedDecoder
    private var body: [UInt8] = []
    /// The limit for a body; set it when the head is known.
    ///
    /// A body that declares more is refused before it arrives.
    package var maximumBodyBytes = 0

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        self.parser = RequestHeadParser(limits: limits)
        self.chunks = ChunkedDecoder(limits: limits)
    }

    /// Whether no byte of a request has been taken yet.
    package var isIdle: Bool {
        if case .head = self.state { !self.parser.hasBegun } else { false }
    }

    /// Whether a head has been read whose body is not complete.
    package var isInBody: Bool {
        switch self.state {
        case .head, .ended: false
        case .length, .chunked, .bodiless: true
        }
    }

    /// The next event from the bytes at `offset`, which is moved past it; `nil` when all bytes are taken, or the
    /// request is complete.
    package mutating func next(_ bytes: Span<UInt8>, from offset: inout Int) throws(HTTPError) -> Event? {
        switch self.state {
        case .head:
            guard offset < bytes.count else { return nil }
            switch try self.parser.read(bytes.extracting(droppingFirst: offset)) {
            case .needsMore:
                offset = bytes.count
                return nil
            case .head(let head, let used):
                offset += used
                self.begin(head.framing)
                return .head(head)
            }
        case .length(let remaining):
            guard remaining <= self.maximumBodyBytes else { throw .contentTooLarge(limit: self.maximumBodyBytes) }
            guard offset < bytes.count else { return nil }
            let count = min(bytes.count - offset, remaining)
            self.body.append(copying: bytes.extracting(offset..<(offset + count)))
            offset += count
            guard count == remaining else {
                self.state = .length(remaining: remaining - count)
                return nil
            }
            return self.end()
        case .chunked:
            while let event = try self.chunks.next(bytes, from: &offset) {
                guard case .data(let range) = event else { return self.end() }
                guard self.body.count + range.count <= self.maximumBodyBytes else {
                    throw .contentTooLarge(limit: self.maximumBodyBytes)
                }
                self.body.append(copying: bytes.extracting(range))
            }
            return nil
        case .bodiless:
            return self.end()
        case .ended:
            return nil
        }
    }

    private mutating func end() -> Event {
        self.state = .ended
        return .end(body: exchange(&self.body, with: []))
    }

    /// Prepares the reader for the next request, after one that ended or is answered without its body.
    package mutating func startNext() {
        self.state = .head
        self.body = []
        self.maximumBodyBytes = 0
        self.chunks = ChunkedDecoder(limits: self.limits)
    }

    private mutating func begin(_ framing: BodyFraming) {
        switch framing {
        case .none, .untilClose: self.state = .bodiless
        case .length(let length): self.state = .length(remaining: length)
        case .chunked: self.state = .chunked
        }
    }
}
