package import Instruments
package import Messaging
package import Reactor
package import Sessions

/// Looks at single connections and users of this instance, on all loops, in parts that no loop notices.
///
/// A loop that is too busy is not waited for: `LoopLate` is thrown.
package struct Inspector: Sendable {
    /// One user over all of its connections.
    package struct User: Sendable {
        /// Open ones, the oldest first, as many as were asked for.
        package let connections: [ConnectionRow]
        /// Where the path to each of these is slow; `nil` for one that is gone meanwhile.
        package let verdicts: [PathVerdict?]
        package let connectionCount: Int
        /// Those that ended lately, the newest first.
        package let closed: [ConnectionRow]
        /// What passed over all its connections since it came.
        package let traffic: Traffic
        package let rates: TrafficRates
        package let queuedBytes: Int
    }

    /// A question to the kernel takes about a microsecond.
    private static let verdictsAtOnce = 128

    package let instance: String
    private let loops: [LoopBound<SessionRegistry>]
    private let directory: UserDirectory
    private let patience: Duration

    /// - Parameter patience: How long each turn of a loop is waited for.
    package init(
        instance: String,
        loops: [LoopBound<SessionRegistry>],
        users: UserDirectory,
        patience: Duration
    ) {
        self.instance = instance
        self.patience = patience
        self.loops = loops
        self.directory = users
    }

    /// The first of a list, in order.
    package func openConnections(_ query: ConnectionQuery) async throws(LoopLate) -> [ConnectionRow] {
        try await self.first(query) { $0.rows(from: $1, query) }
    }

    /// The first of a list of those that have ended lately, in order.
    package func closedConnections(_ query: ConnectionQuery) async throws(LoopLate) -> [ConnectionRow] {
        try await self.first(query) { $0.closedRows(from: $1, query) }
    }

    /// Where the path to each of these is slow; `nil` for those that are gone.
    func verdicts(on rows: [ConnectionRow]) async throws(LoopLate) -> [PathVerdict?] {
        var verdicts = [PathVerdict?](repeating: nil, count: rows.count)
        for (loop, registry) in self.loops.enumerated() {
            var places = rows.indices.filter { rows[$0].loop == loop }[...]
            while !places.isEmpty {
                let part = Array(places.prefix(Self.verdictsAtOnce))
                places = places.dropFirst(Self.verdictsAtOnce)
                let handles = part.map { rows[$0].handle }
                let found = try await self.ask(registry) { $0.verdicts(on: handles) }
                for (place, verdict) in zip(part, found) {
                    verdicts[place] = verdict
                }
            }
        }
        return verdicts
    }

    /// `nil` if there is no such connection, and there was none lately.
    package func details(of connection: ConnectionID) async throws(LoopLate) -> SessionRegistry.Details? {
        for registry in self.loops {
            if let details = try await self.ask(registry, { $0.details(of: connection) }) { return details }
        }
        return nil
    }

    /// `nil` if the user has no connection, and had none lately.
    package func user(_ user: UserID, showing limit: Int) async throws -> User? {
        var sums = UserSums()
        try await self.forEachPart(of: ConnectionQuery(user: user, limit: .max)) { rows in
            for row in rows {
                sums.add(row)
            }
        }
        let closed = try await self.closedConnections(ConnectionQuery(user: user, order: .closedAt, limit: limit))
        guard !sums.rows.isEmpty || !closed.isEmpty else { return nil }
        var traffic = sums.traffic
        traffic += self.directory.left(of: user)
        let shown = Array(sums.rows.sorted { $0.connection < $1.connection }.prefix(limit))
        return User(
            connections: shown,
            verdicts: try await self.verdicts(on: shown),
            connectionCount: sums.rows.count,
            closed: closed,
            traffic: traffic,
            rates: sums.rates,
            queuedBytes: sums.queuedBytes
        )
    }

    /// Which users are asked for.
    struct UserNarrowing: Sendable {
        let user: UserID?
        /// Only the user of this connection.
        let connection: ConnectionID?
        /// Only users with a connection in this room.
        let room: RoomName?
    }

    /// What is known of one user over all of its connections.
    struct UserTotals: Sendable {
        let id: UserID
        var connections = 0
        var traffic = Traffic()
        /// In microseconds, of the slowest connection; 0 if none was measured yet.
        var roundTrip: UInt32 = 0
    }

    /// Users in no particular order, each over all connections.
    func users(_ narrowing: UserNarrowing, limit: Int) async throws -> [UserTotals] {
        var user = narrowing.user
        if let connection = narrowing.connection {
            // The sums are those of all the user's connections, so the user has to be known first.
            guard let details = try await self.details(of: connection), details.row.end == nil,
                let owner = details.row.user, user == nil || user == owner
            else { return [] }
            user = owner
        }
        var isInRoom: Set<UserID>?
        if let room = narrowing.room {
            var members: Set<UserID> = []
            try await self.forEachPart(of: ConnectionQuery(user: user, room: room, limit: .max)) { rows in
                members.formUnion(rows.compactMap(\.user))
            }
            isInRoom = members
        }
        var all: [UserID: UserTotals] = [:]
        try await self.forEachPart(of: ConnectionQuery(user: user, limit: .max)) { rows in
            for row in rows {
                guard let id = row.user, isInRoom?.contains(id) ?? true else { continue }
                guard all[id] != nil || all.count < limit else { continue }
                var totals = all[id] ?? UserTotals(id: id, traffic: self.directory.left(of: id))
                totals.connections += 1
                totals.traffic += row.traffic
                totals.roundTrip = max(totals.roundTrip, row.roundTrips?.last ?? 0)
                all[id] = totals
            }
        }
        return Array(all.values)
    }

    /// Every open connection in parts, each loop after the other.
    ///
    /// - Parameter body: Takes a part; whatever it waits for, no loop waits.
    func forEachPart(
        of query: ConnectionQuery,
        _ body: ([ConnectionRow]) async throws -> Void
    ) async throws {
        for registry in self.loops {
            var next: Int? = 0
            while let start = next {
                let slice = try await self.ask(registry) { $0.allRows(from: start, query) }
                try await body(slice.rows)
                next = slice.next
            }
        }
    }

    private func first(
        _ query: ConnectionQuery,
        _ slice: @escaping @Sendable (SessionRegistry, Int) -> SessionRegistry.RowsSlice
    ) async throws(LoopLate) -> [ConnectionRow] {
        var first = Self.foremost(query)
        for registry in self.loops {
            var next: Int? = 0
            while let start = next {
                let part = try await self.ask(registry) { slice($0, start) }
                for row in part.rows { first.offer(row) }
                next = part.next
            }
        }
        return first.inOrder
    }

    private func ask<Value: Sendable>(
        _ registry: LoopBound<SessionRegistry>,
        _ question: @escaping @Sendable (SessionRegistry) -> Value
    ) async throws(LoopLate) -> Value {
        try await registry.loop.perform(within: self.patience) { question(registry.value) }
    }

    private static func foremost(_ query: ConnectionQuery) -> Foremost<ConnectionRow> {
        Foremost(query.limit) { $0.position(by: query.order).comesBefore($1.position(by: query.order)) }
    }
}

/// The sums over connections of one user.
private struct UserSums {
    var rows: [ConnectionRow] = []
    var traffic = Traffic()
    var rates = TrafficRates()
    var queuedBytes = 0

    mutating func add(_ row: ConnectionRow) {
        self.rows.append(row)
        self.traffic += row.traffic
        self.rates.messagesReceived += row.rates.messagesReceived
        self.rates.messagesSent += row.rates.messagesSent
        self.rates.bytesReceived += row.rates.bytesReceived
        self.rates.bytesSent += row.rates.bytesSent
        self.queuedBytes += row.queuedBytes
    }
}
