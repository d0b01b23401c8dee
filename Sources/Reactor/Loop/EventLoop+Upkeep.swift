import Instruments

// The bounds on queues by age and across loops, and the copying of the numbers. Inside.
extension EventLoop {
    /// Whether publications should wait, because the queues of the whole instance approach their bound.
    package var hasQueuePressure: Bool {
        self.backlog.hasPressure
    }

    /// Tells `observer` when that changes; kept for the loop's life.
    package func addPressureObserver(_ observer: any PressureObserver) {
        self.assertInside()
        self.pressureObservers.append(observer)
    }

    /// The longest time between two checks of a queue.
    var upkeepInterval: UInt64 {
        let age = UInt64(max(0, self.configuration.queue.age.wholeNanoseconds))
        return min(max(age / 8, 5_000_000), self.backlog.hasPressure ? 50_000_000 : 250_000_000)
    }

    /// Ends connections whose oldest frame is too old, and checks the shared bound while anything is queued.
    func keepUp() {
        guard self.time >= self.backlog.nextUpkeep else { return }
        let age = UInt64(max(0, self.configuration.queue.age.wholeNanoseconds))
        var aged: [(ConnectionHandle, source: UInt32)] = []
        for slot in self.backlog.slots {
            let record = self.slab[slot]
            guard record.mayWrite, !record.flags.contains(.connecting) else { continue }
            guard let oldest = record.queue?.oldest, self.time > oldest.since, self.time - oldest.since > age else {
                continue
            }
            let connection = ConnectionHandle(slot: slot, generation: record.generation)
            aged.append((connection, oldest.source))
        }
        for (connection, source) in aged {
            self.overflow(connection, .queueAged(source: source))
        }
        let isNeeded = !self.backlog.slots.isEmpty || self.backlog.hasPressure
        self.backlog.nextUpkeep = isNeeded ? self.time + self.upkeepInterval : .max
    }

    /// Ends the connections that hold the most, while all together exceed their bound and ours exceed our share.
    func relieveBudget() {
        guard let budget = self.configuration.totalQueue else { return }
        if budget.usedBytes > budget.limit {
            self.endLargest(budget)
        }
        // What is kept of unfinished messages makes no pressure: their senders, not read, could never finish them.
        let used = budget.queuedBytes
        let hasPressure = self.backlog.hasPressure ? used > budget.limit / 2 : used > budget.limit / 4 * 3
        guard hasPressure != self.backlog.hasPressure else { return }
        self.backlog.hasPressure = hasPressure
        if hasPressure {
            self.backlog.nextUpkeep = min(self.backlog.nextUpkeep, self.time + self.upkeepInterval)
        }
        for observer in self.pressureObservers {
            observer.pressureChanged(hasPressure)
        }
    }

    @inline(never)
    private func endLargest(_ budget: QueueBudget) {
        var held: Int { self.backlog.bytes + self.backlog.keptBytes }
        guard held > budget.share else { return }
        let enough = budget.limit - budget.limit / 16
        let slots = (0..<UInt32(self.slab.used)).filter {
            self.slab[$0].flags.contains(.open) && self.heldBytes(of: $0) > 0
        }
        let bySize = slots.sorted { self.heldBytes(of: $0) > self.heldBytes(of: $1) }
        for slot in bySize where budget.usedBytes > enough && held > budget.share {
            self.release(ConnectionHandle(slot: slot, generation: self.slab[slot].generation), .overBudget)
        }
    }

    /// The longest that one of its ticks kept everything else waiting in the last 15 to 30 seconds.
    ///
    /// That is about one interval of pings, whose round trips are longer by it.
    package var recentLag: Duration {
        self.assertInside()
        return .nanoseconds(Int64(clamping: self.meter.recentLag))
    }

    /// Copies the loop's numbers as they are at this moment.
    package func snapshot() -> LoopSnapshot {
        self.assertInside()
        var pending = [UInt64](repeating: 0, count: SendTally.lanes)
        for slot in self.backlog.slots {
            self.slab[slot].queue?.countPending(into: &pending)
        }
        return LoopSnapshot(
            loop: self.name,
            at: self.now,
            lanes: self.tally.lanes(pending: pending),
            queuedBytes: self.backlog.bytes,
            backlogged: self.backlog.slots.count,
            queueAge: self.tally.queueAge,
            lag: self.meter.lag,
            busy: .nanoseconds(self.meter.busy),
            idle: .nanoseconds(self.meter.idle),
            ticks: self.meter.ticks,
            open: self.slab.open,
            accepted: self.accepting.accepted,
            acceptFailures: self.accepting.failures,
            refused: self.accepting.refused
        )
    }
}
