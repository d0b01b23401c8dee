import CLinux
package import Instruments
import Synchronization

/// One thread that waits for its sockets, timers and posted work, and handles them.
///
/// Everything about a connection happens on its loop. Methods marked "inside" may only be called there, or, while
/// the loop is being built, on the thread that made it. The loop knows no protocol: bytes go to a `SocketHandler`.
@safe
package final class EventLoop: @unchecked Sendable {
    // Safe to share: all state but the atomics and the mailbox is only touched on the owner's thread, which the entry
    // points assert. It moves from the maker to the loop's thread once, in `start`, through the thread's creation.
    package let index: Int
    package let name: String
    let configuration: EventLoopConfiguration
    let owner: Atomic<UInt64>
    private let threadNumber = Lock<UInt64?>(nil)

    let mailbox: Mailbox
    let poller: Poller
    let slab: Slab
    var wheel: TimerWheel
    var timers = LoopTimers()
    var meter: LoopMeter
    var time: UInt64
    /// The calendar time in the tick that began at `tick`.
    private var wall: (tick: UInt64, nanoseconds: UInt64) = (0, 0)
    var isTicking = false
    var isStopping = false
    /// Handlers have been called after the tick's observers.
    var hasMore = false
    // To ask an array whether it is empty costs a check for exclusive access each time; a plain flag costs none.
    /// Whether `calls.endings` or `calls.overflows` hold anything.
    var hasPendingCalls = false
    /// Whether `offers` holds anything.
    var hasOffers = false
    var hasEnded = false

    // Reading.
    let receiveBuffer: UnsafeMutablePointer<UInt8>
    /// The connection whose bytes are currently lent, where they are, and whether its cipher has opened them.
    var lent: (connection: ConnectionHandle, offset: Int, count: Int, isOpened: Bool)?
    /// Connections whose kept bytes are to be offered again.
    var offers: [ConnectionHandle] = []
    let ciphers = CipherTable()

    // Writing.
    var held: HeldReplies
    var backlog = Backlog()
    var tally = SendTally()
    var deliveryObserver: (any DeliveryObserver)?
    /// The last call of `deliver`.
    var deliveryNumber: UInt32 = 0
    /// Room for the pieces of one system call.
    let pieces: UnsafeMutablePointer<iovec>
    static let piecesAtOnce = 64

    var accepting = Accepting()
    var calls = PendingCalls()
    var tickObservers: [any TickObserver] = []
    var pressureObservers: [any PressureObserver] = []

    /// Creates a loop that does nothing yet; it belongs to the calling thread until `start`.
    ///
    /// - Throws: `ReactorError.system` if the kernel refuses something.
    package init(index: Int, name: String, configuration: EventLoopConfiguration) throws(ReactorError) {
        let mailbox = try Mailbox()
        let poller = try Poller()
        let slab = try Slab(capacity: configuration.maximumConnections)
        try poller.add(mailbox.wakeUp, Poller.readable, for: .mailbox)
        let now = linux_now()
        self.index = index
        self.name = name
        self.configuration = configuration
        self.owner = Atomic(linux_thread_self())
        self.mailbox = mailbox
        self.poller = poller
        self.slab = slab
        self.time = now
        self.wheel = TimerWheel(now: now)
        self.meter = LoopMeter(now: now)
        self.held = HeldReplies()
        // A record of which a cipher has the beginning may be longer than what is left of the buffer.
        let space = configuration.receiveBufferBytes + CipherRoom.recordBytes
        unsafe self.receiveBuffer = .allocate(capacity: space)
        unsafe self.pieces = .allocate(capacity: EventLoop.piecesAtOnce)
        self.accepting.ceiling = Int32(
            clamping: Int(clamping: linux_descriptor_limit()) - configuration.descriptorsKeptBack
        )
        configuration.totalQueue?.join()
    }

    deinit {
        if !self.hasEnded {
            self.configuration.totalQueue?.add(-self.backlog.bytes)
            self.configuration.totalQueue?.addKept(-self.backlog.keptBytes)
            self.configuration.totalQueue?.leave()
        }
        for slot in 0..<UInt32(self.slab.used) where self.slab[slot].hasSocket {
            _ = linux_close(self.slab[slot].descriptor)
        }
        if self.accepting.spare >= 0 {
            _ = linux_close(self.accepting.spare)
        }
        unsafe self.receiveBuffer.deallocate()
        unsafe self.pieces.deallocate()
    }

    // MARK: life

    /// Starts the loop's own thread and names it.
    package func start() {
        self.assertInside()
        self.threadNumber.withLock { thread in
            precondition(thread == nil, "a loop is started once")
            self.owner.store(0, ordering: .releasing)
            var number: UInt64 = 0
            let context = unsafe Unmanaged.passRetained(self)
            let result = unsafe linux_thread_start(
                { context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
                },
                context.toOpaque(),
                self.name,
                &number
            )
            precondition(result == 0, "the system has a thread for each loop")
            thread = number
        }
    }

    /// Takes one turn of the loop on the calling thread, which becomes the loop's thread: for tests.
    package func runTick(waitingAtMost wait: Duration = .zero) {
        precondition(self.threadNumber.withLock { $0 } == nil, "a started loop turns by itself")
        self.owner.store(linux_thread_self(), ordering: .releasing)
        self.tick(waitingAtMost: UInt64(max(0, wait.wholeNanoseconds)))
    }

    /// Ends the loop, from any thread: closes every socket, runs what was posted, ends the thread.
    package func stop() {
        self.execute { [weak self] in self?.isStopping = true }
    }

    /// Waits for the thread to end; from any thread but the loop's.
    package func join() {
        let thread = self.threadNumber.withLock { thread in
            let number = thread
            thread = thread == nil ? nil : 0
            return number
        }
        if let thread, thread != 0 {
            linux_thread_join(thread)
        }
    }

    /// Whether the caller is on the loop's thread.
    package var isInside: Bool {
        self.owner.load(ordering: .relaxed) == linux_thread_self()
    }

    package func assertInside() {
        precondition(self.isInside, "only the loop's own thread touches what is on it")
    }

    /// The loop whose thread the caller is on, while it turns.
    package static var current: EventLoop? {
        guard let value = unsafe linux_thread_value() else { return nil }
        return unsafe Unmanaged<EventLoop>.fromOpaque(value).takeUnretainedValue()
    }

    /// When this tick began.
    ///
    /// Inside.
    package var now: Instant {
        Instant(nanoseconds: self.time)
    }

    /// The time of the clock that all loops go by; from any thread.
    @Sendable
    package static func clock() -> Instant {
        Instant(nanoseconds: linux_now())
    }

    /// Nanoseconds since 1970, read once in a tick that asks.
    ///
    /// Inside.
    package var wallNanoseconds: UInt64 {
        if self.wall.tick != self.time {
            self.wall = (self.time, linux_wall_now())
        }
        return self.wall.nanoseconds
    }

    var mayOpen: Bool {
        !self.isStopping && !self.hasEnded
    }
}
