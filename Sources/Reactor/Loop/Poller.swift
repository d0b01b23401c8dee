import CLinux

/// The loop's epoll instance, level-triggered, and the events of one wait that are not handled yet.
@safe
final class Poller {
    // Only the loop's thread uses the events; they live as long as this object.
    private let events: UnsafeMutablePointer<linux_event>
    private let descriptor: Descriptor
    private var count = 0
    private var next = 0

    private static let capacity = 512

    static let readable = UInt32(LINUX_EVENT_READABLE)
    static let writable = UInt32(LINUX_EVENT_WRITABLE)
    /// Always reported.
    static let hangUp = UInt32(LINUX_EVENT_HANGUP)
    static let fault = UInt32(LINUX_EVENT_FAULT)

    init() throws(ReactorError) {
        let result = linux_epoll_create()
        guard result >= 0 else { throw .system(call: "epoll_create1", errno: -result) }
        self.descriptor = Descriptor(result)
        unsafe self.events = .allocate(capacity: Poller.capacity)
    }

    deinit {
        unsafe self.events.deallocate()
    }

    /// Whether some events of the last wait are not handled yet.
    var hasEvents: Bool {
        self.next < self.count
    }

    /// Waits for at most this long, and not at all while events are left.
    func wait(milliseconds: Int32) {
        guard !self.hasEvents else { return }
        let result = unsafe linux_epoll_wait(
            self.descriptor.number,
            self.events,
            Int32(Poller.capacity),
            milliseconds
        )
        precondition(result >= 0, "epoll_wait fails for wrong arguments only")
        self.count = Int(result)
        self.next = 0
    }

    func nextEvent() -> linux_event? {
        guard self.hasEvents else { return nil }
        defer { self.next += 1 }
        return unsafe self.events[self.next]
    }

    func add(_ descriptor: Int32, _ interest: UInt32, for source: EventSource) throws(ReactorError) {
        let result = linux_epoll_add(self.descriptor.number, descriptor, interest, source.token)
        guard result >= 0 else { throw .system(call: "epoll_ctl", errno: -result) }
    }

    func change(_ descriptor: Int32, _ interest: UInt32, for source: EventSource) {
        _ = linux_epoll_change(self.descriptor.number, descriptor, interest, source.token)
    }

    func remove(_ descriptor: Int32) {
        _ = linux_epoll_remove(self.descriptor.number, descriptor)
    }
}
