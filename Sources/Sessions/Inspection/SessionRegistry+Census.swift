import Instruments
package import Reactor

/// Passes over all connections of the loop, in parts that each keep it for well under a millisecond.
extension SessionRegistry {
    /// How many places a part has, if the kernel is asked about each of them too.
    package static let placesWithKernel = 256
    package static let placesWithout = 1024
    /// Quicker clients are nothing special.
    private static let slowMicroseconds: UInt32 = 100_000

    /// Says what has passed over each connection since the pass before.
    ///
    /// - Parameter start: Where the part begins.
    package func tell(from start: Int) -> CensusSlice {
        self.slice(from: start, places: Self.placesWithout) { slot, totals in
            guard self.readings[slot].hasNews(totals), let row = self.row(slot, totals) else { return nil }
            self.windows.told[slot, default: Traffic()] += row.news
            return row
        }
    }

    /// The same at the end of a window, and of whatever else speaks for a series of its own: of connections that did
    /// anything in the window, of slow ones, and of those for which something waits.
    ///
    /// - Parameter calls: How often the kernel may be asked in this part.
    package func endWindow(from start: Int, kernelCalls calls: Int) -> CensusSlice {
        let (now, page) = (self.loop.now, start / Self.placesWithKernel)
        while self.windows.began.count <= page {
            self.windows.began.append(now)
        }
        let began = exchange(&self.windows.began[page], with: now)
        var calls = calls
        return self.slice(from: start, places: Self.placesWithKernel) { slot, totals in
            guard let session = self.bySlot[slot] else { return nil }
            let since = self.readings[slot].isInFirstWindow ? max(session.openedAt, began) : began
            var traffic = self.readings[slot].news(totals, hasReturned: session.hasReturned)
            traffic += self.windows.told.removeValue(forKey: slot) ?? Traffic()
            self.windows.last[slot] = WindowReading(traffic, in: max(0.001, Float((now - since).inSeconds)))
            self.readings[slot].noteWindowEnd()
            if calls > 0, let facts = self.loop.tcpInfo(of: session.handle) {
                calls -= 1
                self.readings[slot].kernel = KernelReading(facts)
            }
            let isRemarkable =
                self.windows.last[slot] != nil || session.pingRoundTrip > Self.slowMicroseconds
                || self.loop.hasQueue(session.handle)
            return isRemarkable || self.readings[slot].hasNews(totals) ? self.row(slot, totals) : nil
        }
    }

    /// The connections that have ended since the last call.
    package func takeDepartures() -> Departures {
        var departures = exchange(&self.departures, with: Departures())
        departures.open = self.openCount
        return departures
    }

    /// How these connections are now; `nil` for those that are gone.
    package func gauges(of connections: [ConnectionHandle]) -> [ConnectionGauges?] {
        connections.map { handle in
            guard let session = self.session(of: handle), let waiting = self.loop.waiting(for: handle) else {
                return nil
            }
            return self.gauges(of: session, queuedBytes: waiting.bytes)
        }
    }

    /// The final counters of a connection, the last time that its slot is its own.
    func depart(_ session: Session, _ final: ConnectionCounters) {
        let slot = Int(session.handle.slot)
        let isNew = self.readings[slot].isNew
        let news = self.readings[slot].tell(Traffic(final), hasReturned: session.hasReturned)
        self.windows.told[slot] = nil
        self.departures.append(
            Departure(
                connection: session.identity.connection,
                user: session.identity.user,
                isNew: isNew,
                news: news
            )
        )
        if let user = session.identity.user, !session.identity.isAnonymous {
            self.users.keep(Traffic(final, hasReturned: session.hasReturned), of: user)
        }
    }

    private func slice(from start: Int, places: Int, _ row: (Int, Traffic) -> CensusRow?) -> CensusSlice {
        self.loop.assertInside()
        let end = min(start + places, self.bySlot.count)
        var rows: [CensusRow] = []
        for slot in start..<max(start, end) where self.bySlot[slot] != nil {
            guard let totals = self.loop.traffic(inSlot: slot) else { continue }
            if let row = row(slot, totals) {
                rows.append(row)
            }
        }
        return CensusSlice(rows: rows, next: end < self.bySlot.count ? end : nil)
    }

    /// `nil` for a connection whose user is not known yet: nothing is told of it before.
    private func row(_ slot: Int, _ totals: Traffic) -> CensusRow? {
        guard let session = self.bySlot[slot], let user = session.identity.user else { return nil }
        let isNew = self.readings[slot].isNew
        let news = self.readings[slot].tell(totals, hasReturned: session.hasReturned)
        return CensusRow(
            connection: session.identity.connection,
            handle: session.handle,
            user: user,
            protocolName: session.identity.protocolName,
            transport: session.identity.transport,
            isNew: isNew,
            news: news,
            gauges: self.gauges(of: session, queuedBytes: self.loop.waiting(for: session.handle)?.bytes ?? 0),
            rates: self.windows.last[slot]?.rates ?? TrafficRates(),
            windowDropped: self.windows.last[slot]?.dropped ?? 0
        )
    }

    private func gauges(of session: Session, queuedBytes: Int) -> ConnectionGauges {
        var gauges = ConnectionGauges()
        gauges.pingRoundTrip = session.pingRoundTrip
        gauges.queuedBytes = queuedBytes
        gauges.kernelRoundTrip = self.readings[Int(session.handle.slot)].kernel?.roundTrip ?? 0
        gauges.place = session.lineage.place
        return gauges
    }
}

extension Traffic {
    /// What a connection's own counters say.
    init(_ counters: ConnectionCounters, hasReturned: Bool = false) {
        self.init()
        self.reconnects = hasReturned ? 1 : 0
        self.messagesReceived = counters.messagesReceived
        self.messagesSent = counters.messagesSent
        self.dropped = counters.dropped
        self.bytesReceived = counters.bytesReceived
        self.bytesSent = counters.bytesSent
    }
}
