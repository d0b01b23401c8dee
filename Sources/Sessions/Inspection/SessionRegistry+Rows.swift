import Instruments
package import Messaging
package import Reactor
import Rooms

/// Single connections of the loop for operators, in parts that each keep it for well under a millisecond.
extension SessionRegistry {
    /// How many places are looked at in one part.
    private static let places = 512

    /// One part of a list.
    package struct RowsSlice: Sendable {
        /// The first of this part that were asked for, in order.
        package let rows: [ConnectionRow]
        /// Where the next part begins; `nil` after the last.
        package let next: Int?
    }

    /// Open connections.
    package func rows(from start: Int, _ query: ConnectionQuery) -> RowsSlice {
        self.loop.assertInside()
        let end = min(start + Self.places, self.bySlot.count)
        var first = Foremost<ConnectionRow>(query.limit) { one, other in
            one.position(by: query.order).comesBefore(other.position(by: query.order))
        }
        for slot in start..<max(start, end) {
            guard let session = self.bySlot[slot], session.state.isLive, session.matches(query) else { continue }
            guard let row = self.row(of: session) else { continue }
            if query.after.map({ $0.comesBefore(row.position(by: query.order)) }) ?? true {
                first.offer(row)
            }
        }
        return RowsSlice(rows: first.inOrder, next: end < self.bySlot.count ? end : nil)
    }

    /// Open connections in no particular order, all that are asked for; for readers who go through everything.
    package func allRows(from start: Int, _ query: ConnectionQuery) -> RowsSlice {
        self.loop.assertInside()
        let end = min(start + Self.places, self.bySlot.count)
        let rows = (start..<max(start, end)).compactMap { slot -> ConnectionRow? in
            guard let session = self.bySlot[slot], session.state.isLive, session.matches(query) else { return nil }
            return self.row(of: session)
        }
        return RowsSlice(rows: rows, next: end < self.bySlot.count ? end : nil)
    }

    /// Connections that have ended; only the newest are remembered.
    package func closedRows(from start: Int, _ query: ConnectionQuery) -> RowsSlice {
        self.loop.assertInside()
        let end = min(start + Self.places, self.closed.count)
        var first = Foremost<ConnectionRow>(query.limit) { one, other in
            one.position(by: query.order).comesBefore(other.position(by: query.order))
        }
        for index in start..<max(start, end) {
            let row = self.closed[index]
            guard row.matches(query) else { continue }
            if query.after.map({ $0.comesBefore(row.position(by: query.order)) }) ?? true {
                first.offer(row)
            }
        }
        return RowsSlice(rows: first.inOrder, next: end < self.closed.count ? end : nil)
    }

    /// One connection in full.
    package struct Details: Sendable {
        package let row: ConnectionRow
        /// With when it joined each, in seconds since 1970.
        package let rooms: [(name: RoomName, joinedAt: UInt32)]
        /// Where the path to it is slow; `nil` once it has ended.
        package let verdict: PathVerdict?
    }

    /// `nil` if it is not on this loop and was not lately.
    package func details(of id: ConnectionID) -> Details? {
        self.loop.assertInside()
        if let session = self.session(of: id), session.state.isLive {
            let verdict = self.verdict(on: session)
            guard let row = self.row(of: session) else { return nil }
            return Details(
                row: row,
                rooms: session.subscriptions.all.map { ($0.roomName, $0.joinedAt) },
                verdict: verdict
            )
        }
        return self.closed.row(of: id).map { Details(row: $0, rooms: [], verdict: nil) }
    }

    /// Where the path to each of these is slow, as the kernel says now; `nil` for those that are gone.
    ///
    /// - Parameter connections: Not many, since the kernel is asked about each.
    package func verdicts(on connections: [ConnectionHandle]) -> [PathVerdict?] {
        connections.map { handle in
            guard let session = self.session(of: handle), session.state.isLive else { return nil }
            return self.verdict(on: session)
        }
    }

    private func verdict(on session: Session) -> PathVerdict {
        let slot = Int(session.handle.slot)
        let kernel = self.loop.tcpInfo(of: session.handle)
        let before = self.readings[slot].kernel?.retransmits
        if let kernel {
            self.readings[slot].kernel = KernelReading(kernel)
        }
        return .judge(self.evidence(on: session, kernel: kernel, retransmitsBefore: before, at: self.loop.now))
    }

    /// Keeps the last words on a connection.
    func remember(_ session: Session, _ final: ConnectionCounters, _ words: LastWords) {
        self.closed.append(
            self.row(
                of: session,
                final,
                waiting: nil,
                lasted: words.lived,
                rooms: words.rooms,
                end: ConnectionRow.End(ending: words.ending, at: words.at, room: words.room)
            )
        )
    }

    /// `nil` once its socket is gone.
    private func row(of session: Session) -> ConnectionRow? {
        guard let counters = self.loop.counters(of: session.handle) else { return nil }
        return self.row(
            of: session,
            counters,
            waiting: self.loop.waiting(for: session.handle),
            lasted: self.loop.now - session.openedAt,
            rooms: session.subscriptions.count,
            end: nil
        )
    }

    private func row(
        of session: Session,
        _ counters: ConnectionCounters,
        waiting: EventLoop.Waiting?,
        lasted: Duration,
        rooms: Int,
        end: ConnectionRow.End?
    ) -> ConnectionRow {
        let reading = self.readings[Int(session.handle.slot)]
        var traffic = Traffic(counters, hasReturned: session.hasReturned)
        traffic.retransmits = UInt64(reading.kernel?.retransmits ?? 0)
        return ConnectionRow(
            loop: self.loop.index,
            handle: session.handle,
            connection: session.identity.connection,
            user: session.identity.user,
            protocolName: session.identity.protocolName,
            transport: session.identity.transport,
            remoteAddress: session.identity.remoteAddress,
            lasted: lasted,
            traffic: traffic,
            closedBeforeWrite: counters.closedBeforeWrite,
            writeErrors: counters.writeErrors,
            rates: reading.isInFirstWindow
                ? TrafficRates(traffic, in: max(1, Float(lasted.inSeconds)))
                : self.windows.last[Int(session.handle.slot)]?.rates ?? TrafficRates(),
            queuedBytes: waiting?.bytes ?? 0,
            queuedMessages: waiting?.messages ?? 0,
            queuedFor: (waiting?.since).map { self.loop.now - $0 },
            roundTrips: session.roundTrips,
            kernel: reading.kernel,
            place: session.lineage.place,
            rooms: rooms,
            isHeld: session.isHeld,
            end: end
        )
    }
}

extension Session {
    fileprivate func matches(_ query: ConnectionQuery) -> Bool {
        if let name = query.protocolName, name != self.identity.protocolName { return false }
        if let user = query.user, user != self.identity.user { return false }
        if let room = query.room, self.subscriptions[room] == nil { return false }
        return true
    }

    fileprivate var roundTrips: ConnectionRow.RoundTrips? {
        guard let heartbeat = self.heartbeat, let last = heartbeat.lastRTT?.microseconds,
            let minimum = heartbeat.minimumRTT?.microseconds, let smoothed = heartbeat.smoothedRTT?.microseconds
        else { return nil }
        return ConnectionRow.RoundTrips(last: last, minimum: minimum, smoothed: smoothed)
    }
}

extension ConnectionRow {
    /// Whoever has left has no rooms.
    fileprivate func matches(_ query: ConnectionQuery) -> Bool {
        if let name = query.protocolName, name != self.protocolName { return false }
        if let user = query.user, user != self.user { return false }
        return query.room == nil
    }
}

extension Duration {
    /// Whole ones, as far as they fit.
    var microseconds: UInt32 { UInt32(clamping: self.wholeNanoseconds / 1000) }
}
