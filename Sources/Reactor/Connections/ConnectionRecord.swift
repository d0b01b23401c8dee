import Instruments

/// One client in the slab: 128 bytes, two cache lines, of which a delivery touches only the first.
///
/// The client stays for as long as its place is open. Its socket may be attached later, detached and replaced.
struct ConnectionRecord {
    struct Flags: OptionSet {
        let rawValue: UInt16

        static let open = Flags(rawValue: 1 << 0)
        static let connecting = Flags(rawValue: 1 << 1)
        static let isReadingPaused = Flags(rawValue: 1 << 2)
        static let inputEnded = Flags(rawValue: 1 << 3)
        /// Our side was ended by `finish`, with everything flushed.
        static let outputEnded = Flags(rawValue: 1 << 4)
        static let finishing = Flags(rawValue: 1 << 5)
        /// Its queue overflowed; the handler is told before the tick ends.
        static let overflowed = Flags(rawValue: 1 << 6)
        /// It is in the list of those whose kept bytes are offered again.
        static let isOfferDue = Flags(rawValue: 1 << 7)
        /// Its deadline has passed, and its handler has not been told yet.
        static let isDeadlineDue = Flags(rawValue: 1 << 8)
        /// Its socket has a cipher, which is in the loop's table.
        static let ciphered = Flags(rawValue: 1 << 9)
    }

    /// The generation of the current client of this place, or of the next one.
    var generation: UInt32
    /// Equals the generation while bytes may go straight to the kernel: this one comparison answers all that a delivery
    /// needs to know.
    var ready = ConnectionRecord.notReady
    /// The client's socket; `noSocket` while it has none.
    private(set) var descriptor = ConnectionRecord.noSocket
    /// The last call of `deliver` in which this connection needed special treatment, and its index there.
    var deliveryMark: UInt32 = 0
    var deliveryPlace: UInt32 = 0
    var flags: Flags = []
    /// What epoll was last told to watch for.
    var interest: UInt16 = 0
    var messagesSent: UInt64 = 0
    var bytesSent: UInt64 = 0
    /// What the kernel did not take; `nil` if there is nothing.
    var queue: SendQueue?
    var handler: (any SocketHandler)?

    // The second cache line.
    var bytesReceived: UInt64 = 0
    var messagesReceived: UInt64 = 0
    var dropped: UInt32 = 0
    /// The generation of the current socket of this place, or of the next one; never 0.
    ///
    /// It keeps counting from client to client, so that no event of an earlier socket is taken for one of this socket.
    private(set) var socketGeneration: UInt32
    var openedAt: UInt64 = 0
    var deadline: UInt64 = TimerWheel.never
    var timerNext: UInt32 = TimerWheel.none
    var timerPrevious: UInt32 = TimerWheel.none
    /// What was read but not used.
    var unread: [UInt8] = []
    var timerBucket: UInt16 = TimerWheel.unlinked
    /// Room frames that did not get out, beside those dropped: where a count is full, it stays so.
    private(set) var writeErrors: UInt16 = 0
    private(set) var closedBeforeWrite: UInt32 = 0

    /// Never the generation of a connection; neither is 0.
    static let notReady = UInt32.max
    private static let noSocket: Int32 = -1

    init(generation: UInt32, socketGeneration: UInt32) {
        self.generation = generation
        self.socketGeneration = socketGeneration
    }

    /// The next free place while this one is free, since it then has no deadline.
    var nextFree: UInt32 {
        get { self.timerNext }
        set { self.timerNext = newValue }
    }

    var hasSocket: Bool {
        self.descriptor != ConnectionRecord.noSocket
    }

    /// Gives the client a socket that epoll watches for `interest`.
    mutating func setSocket(_ descriptor: Int32, interest: UInt32) {
        self.descriptor = descriptor
        self.interest = UInt16(interest)
        self.updateReady()
    }

    /// Removes the socket and all its own state; the next one has another generation.
    mutating func removeSocket() {
        guard self.hasSocket else { return }
        self.descriptor = ConnectionRecord.noSocket
        self.interest = 0
        self.unread = []
        self.flags.subtract([.inputEnded, .outputEnded])
        self.socketGeneration = self.socketGeneration == .max ? 1 : self.socketGeneration + 1
        self.updateReady()
    }

    /// Whether a frame may be sent or queued.
    var mayWrite: Bool {
        self.flags.isDisjoint(with: [.finishing, .overflowed, .outputEnded])
    }

    /// Whether bytes may go to the kernel immediately, sealed or not.
    var isIdle: Bool {
        self.flags.isDisjoint(with: [.connecting, .finishing, .overflowed, .outputEnded]) && self.hasSocket
            && self.queue == nil
    }

    mutating func updateReady() {
        let isReady = self.isIdle && !self.flags.contains(.ciphered)
        self.ready = isReady ? self.generation : ConnectionRecord.notReady
    }

    mutating func countWriteErrors(_ frames: Int) {
        self.writeErrors = UInt16(clamping: Int(self.writeErrors) + frames)
    }

    mutating func countClosedBeforeWrite(_ frames: Int) {
        self.closedBeforeWrite = UInt32(clamping: Int(self.closedBeforeWrite) + frames)
    }

    var counters: ConnectionCounters {
        var counters = ConnectionCounters()
        counters.messagesSent = self.messagesSent
        counters.bytesSent = self.bytesSent
        counters.messagesReceived = self.messagesReceived
        counters.bytesReceived = self.bytesReceived
        counters.dropped = UInt64(self.dropped)
        counters.closedBeforeWrite = UInt64(self.closedBeforeWrite)
        counters.writeErrors = UInt64(self.writeErrors)
        counters.queuedBytes = self.queue?.bytes ?? 0
        counters.queuedMessages = self.queue?.frameCount ?? 0
        counters.openedAt = Instant(nanoseconds: self.openedAt)
        return counters
    }
}
