import CLinux
import Instruments
import Synchronization

// One turn after the other: wait, then handle what came. On the loop's thread.
extension EventLoop {
    func run() {
        self.owner.store(linux_thread_self(), ordering: .releasing)
        self.meter = LoopMeter(now: linux_now())
        while !self.hasEnded {
            self.tick(waitingAtMost: .max)
        }
    }

    func tick(waitingAtMost wait: UInt64) {
        guard !self.hasEnded else { return }
        let outer = unsafe linux_thread_value()
        unsafe linux_thread_set_value(Unmanaged.passUnretained(self).toOpaque())
        defer { unsafe linux_thread_set_value(outer) }
        self.waitForEvents(atMost: wait)
        self.isTicking = true
        self.handleEvents()
        self.fireTimers()
        self.runPosted()
        self.offerKept()
        self.flushHeld()
        self.makePendingCalls()
        for observer in self.tickObservers {
            observer.tickEnded(now: self.now)
        }
        self.flushHeld()
        self.relieveBudget()
        self.keepUp()
        // What handlers do from here on belongs to the next tick, which must not wait.
        self.hasMore = self.hasPendingCalls
        self.makePendingCalls()
        if self.isStopping {
            self.shutDown()
        }
        self.isTicking = false
    }

    private func waitForEvents(atMost wait: UInt64) {
        let before = linux_now()
        self.meter.waits(at: before)
        var milliseconds: Int32 = 0
        if self.poller.hasEvents == false, self.mayWait, self.mailbox.beginWaiting() {
            let next = min(self.wheel.nextLook, self.timers.nextDeadline, self.backlog.nextUpkeep)
            let pause = min(wait, next == .max ? .max : next > before ? next - before : 0)
            // Rounded up, since a deadline must never be early; a day is as good as forever.
            milliseconds =
                pause == .max ? -1 : Int32(min(pause / 1_000_000 + (pause % 1_000_000 == 0 ? 0 : 1), 86_400_000))
        }
        self.poller.wait(milliseconds: milliseconds)
        self.time = linux_now()
        self.meter.works(at: self.time)
    }

    /// Whether there is nothing left to do.
    private var mayWait: Bool {
        !self.hasMore && !self.hasPendingCalls && !self.hasOffers && !self.isStopping
    }

    /// Handles the events from epoll as long as timers can wait; the rest is handled in the next tick.
    private func handleEvents() {
        let enough = self.time + 5_000_000
        var handled = 0
        while let event = self.poller.nextEvent() {
            self.handle(event)
            handled += 1
            if handled & 7 == 0, linux_now() > enough {
                break
            }
        }
    }

    private func handle(_ event: linux_event) {
        switch EventSource(token: event.token) {
        case .mailbox:
            self.mailbox.clearWakeUp()
        case .listener(let number):
            self.acceptWaiting(at: number)
        case .socket(let slot, let generation):
            // The socket left after the event was fetched, so there is nobody to tell.
            guard let connection = self.slab.owner(ofSocket: generation, in: slot) else { return }
            self.handleEvent(event.events, of: connection)
        }
    }

    private func fireTimers() {
        var due = exchange(&self.calls.due, with: [])
        self.wheel.advance(to: self.time, in: self.slab, due: &due)
        for connection in due where self.slab.isOpen(connection) {
            // Another callback may have moved or removed this deadline meanwhile.
            guard self.slab[connection.slot].flags.remove(.isDeadlineDue) != nil else { continue }
            self.deadlinePassed(connection)
            self.flushHeld()
        }
        due.removeAll(keepingCapacity: true)
        self.calls.due = due
        while let work = self.timers.takeDue(at: self.time) {
            work()
        }
    }

    private func runPosted() {
        for work in self.mailbox.take() {
            work()
        }
    }

    /// Makes the calls that could not be made within other calls, until none is left.
    func makePendingCalls() {
        while self.hasPendingCalls {
            self.hasPendingCalls = false
            for (connection, change) in exchange(&self.calls.drops, with: []) where self.slab.isOpen(connection) {
                self.slab[connection.slot].handler?.dropsChanged(connection, change)
            }
            for (connection, ending) in exchange(&self.calls.overflows, with: []) {
                self.tellOverflowed(connection, ending)
            }
            for ended in exchange(&self.calls.endings, with: []) {
                ended.handler?.closed(ended.connection, ended.ending, ended.counters)
                self.slab.free(ended.connection.slot)
            }
            self.flushHeld()
        }
    }

    private func shutDown() {
        self.stopListening()
        for slot in 0..<UInt32(self.slab.used) where self.slab[slot].flags.contains(.open) {
            self.release(ConnectionHandle(slot: slot, generation: self.slab[slot].generation), .shutdown)
        }
        self.makePendingCalls()
        for work in self.mailbox.close() {
            work()
        }
        self.makePendingCalls()
        self.timers.removeAll()
        self.tickObservers = []
        self.pressureObservers = []
        self.deliveryObserver = nil
        self.configuration.totalQueue?.leave()
        self.hasEnded = true
    }
}
