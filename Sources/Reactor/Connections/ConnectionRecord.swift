import Instruments

/// One connection in the slab: 128 bytes, two cache lines, of which a delivery touches the first alone.
struct ConnectionRecord {
    struct Flags: OptionSet {
        let rawValue: UInt16

        static let open = Flags(rawValue: 1 << 0)
        static let connecting = Flags(rawValue: 1 << 1)
        static let isReadingPaused = Flags(rawValue: 1 << 2)
        static let inputEnded = Flags(rawValue: 1 << 3)
        /// Ours was ended by `finish`, with everything flushed.
        static let outputEnded = Flags(rawValue: 1 << 4)
        static let finishing = Flags(rawValue: 1 << 5)
        /// Its queue overflowed; the handler hears of it before the tick ends.
        static let overflowed = Flags(rawValue: 1 << 6)
        /// Stands in the list of those whose kept bytes are offered again.
        static let isOfferDue = Flags(rawValue: 1 << 7)
        /// Its deadline has passed, and its handler has not heard of it yet.
        static let isDeadlineDue = Flags(rawValue: 1 << 8)
    }

    var generation: UInt32
    /// The generation while bytes may go straight to the kernel: one comparison says all that a delivery asks.
    var ready = ConnectionRecord.notReady
    var descriptor: Int32 = -1
    /// The last call of `deliver` in which this connection had something special, and its place there.
    var deliveryMark: UInt32 = 0
    var deliveryPlace: UInt32 = 0
    var flags: Flags = []
    /// What epoll was last told to watch for.
    var interest: UInt16 = 0
    var messagesSent: UInt64 = 0
    var bytesSent: UInt64 = 0
    /// What the kernel did not take; `nil` while that is nothing.
    var queue: SendQueue?
    var handler: (any SocketHandler)?

    // The second line.
    var bytesReceived: UInt64 = 0
    var messagesReceived: UInt64 = 0
    var dropped: UInt32 = 0
    var nextFree: UInt32 = 0
    var openedAt: UInt64 = 0
    var deadline: UInt64 = TimerWheel.never
    var timerNext: UInt32 = TimerWheel.none
    var timerPrevious: UInt32 = TimerWheel.none
    /// What was read and not used.
    var unread: [UInt8] = []
    var timerBucket: UInt16 = TimerWheel.unlinked

    /// No connection's generation, nor is 0.
    static let notReady = UInt32.max

    init(generation: UInt32) {
        self.generation = generation
    }

    /// Whether a frame may be sent or queued.
    var mayWrite: Bool {
        self.flags.isDisjoint(with: [.finishing, .overflowed, .outputEnded])
    }

    mutating func updateReady() {
        let mayGo = self.flags.isDisjoint(with: [.connecting, .finishing, .overflowed, .outputEnded])
        self.ready = mayGo && self.queue == nil ? self.generation : ConnectionRecord.notReady
    }

    var counters: ConnectionCounters {
        var counters = ConnectionCounters()
        counters.messagesSent = self.messagesSent
        counters.bytesSent = self.bytesSent
        counters.messagesReceived = self.messagesReceived
        counters.bytesReceived = self.bytesReceived
        counters.dropped = UInt64(self.dropped)
        counters.queuedBytes = self.queue?.bytes ?? 0
        counters.queuedMessages = self.queue?.frameCount ?? 0
        counters.openedAt = Instant(nanoseconds: self.openedAt)
        return counters
    }
}
