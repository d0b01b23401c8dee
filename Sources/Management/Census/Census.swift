package import Instruments
import Messaging
package import Observability
package import Reactor
package import Sessions

/// Counts for single users and connections: asks the loops what has passed over each, and chooses who is shown.
///
/// Every scrape asks for what is new; every ten seconds a window ends, in which all connections are looked at and the
/// places are given anew.
package actor Census {
    /// How long rates and the choice of places look back.
    package static let window = Duration.seconds(10)
    /// How long a user's series stays after the last connection.
    private static let userStay = Duration.seconds(600)
    /// A window's pass over many connections takes about half of the window.
    private static let passLasts = Duration.seconds(5)
    /// How long a part of a pass waits for the next at most, so that the kernel is asked evenly.
    private static let mostBetweenParts = Duration.milliseconds(100)

    /// A connection with series of its own.
    struct Connection {
        let id: ConnectionID
        let handle: ConnectionHandle
        let loop: Int
        var user: String
        let labels: [String]
        let info: [String]
        var gauges: ConnectionGauges
    }

    /// A user with series of its own.
    struct User {
        let id: UserID
        let label: String
        /// In microseconds, of the slowest connection; 0 if none was measured yet.
        var roundTrip: UInt32
    }

    private let loops: [LoopBound<SessionRegistry>]
    private let directory: UserDirectory
    private let now: @Sendable () -> Instant
    private var grants: PlaceGrants
    private(set) var users: SeriesBudget
    private(set) var connections: SeriesBudget
    private(set) var shownConnections: [SeriesID: Connection] = [:]
    private(set) var shownUsers: [SeriesID: User] = [:]
    /// Open connections of each loop.
    private var open: [Int]
    /// Some connections ended without being named, because so many did.
    private var hasLostDepartures = false
    /// What the window's pass has seen so far.
    private var seen: WindowSums?

    package init(
        _ loops: [LoopBound<SessionRegistry>],
        users: UserDirectory,
        settings: SeriesSettings,
        now: @escaping @Sendable () -> Instant
    ) {
        self.loops = loops
        self.directory = users
        self.now = now
        self.grants = PlaceGrants(perHour: settings.newPerHour)
        self.users = SeriesBudget(places: settings.users, stay: Self.userStay)
        self.connections = SeriesBudget(places: settings.connections, stay: .zero)
        self.open = Array(repeating: 0, count: loops.count)
    }

    /// Ends a window every ten seconds, until it is cancelled.
    package func run(clock: some Clock<Duration> = ContinuousClock()) async {
        while (try? await clock.sleep(for: Self.window)) != nil {
            await self.endWindow(clock: clock)
        }
    }

    // MARK: - Passes

    /// Asks for what is new.
    func refresh() async {
        await self.pass { await $0.refresh(loop: $1) }
        self.users.expire(at: self.now())
        self.forgetHidden()
        await self.refreshGauges()
    }

    /// Looks at every connection, and gives the places anew.
    func endWindow(clock: some Clock<Duration> = ContinuousClock()) async {
        self.seen = WindowSums(connections: self.connections, users: self.users)
        await self.pass { await $0.endWindow(loop: $1, clock) }
        let now = self.now()
        guard let seen = self.seen.take() else { return }
        let (connections, users) = (seen.connectionCandidates, seen.userCandidates)
        self.connections.choose(among: connections.map(\.candidate), grants: &self.grants, at: now)
        self.users.choose(among: users.map(\.candidate), grants: &self.grants, at: now)
        self.users.expire(at: now)
        for one in connections where self.connections.isShown(one.candidate.id) {
            self.shownConnections[one.candidate.id] = self.shown(one.row, loop: one.loop)
        }
        for one in users where self.users.isShown(one.candidate.id) {
            self.shownUsers[one.candidate.id] = User(
                id: one.row.user,
                label: one.row.user.label,
                roundTrip: one.candidate.roundTrip
            )
        }
        self.forgetHidden()
    }

    private func pass(_ ofLoop: @escaping @Sendable (Census, Int) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for loop in self.loops.indices {
                group.addTask { await ofLoop(self, loop) }
            }
        }
    }

    private func refresh(loop: Int) async {
        let registry = self.loops[loop]
        guard await self.begin(loop) else { return }
        var next: Int? = 0
        while let start = next {
            guard let slice = await registry.loop.perform({ registry.value.tell(from: start) }) else { return }
            self.take(slice.rows, of: loop)
            next = slice.next
        }
    }

    private func endWindow(loop: Int, _ clock: some Clock<Duration>) async {
        let registry = self.loops[loop]
        guard await self.begin(loop) else { return }
        let parts = self.open[loop] / SessionRegistry.placesWithKernel + 1
        let pause = min(Self.mostBetweenParts, Self.passLasts / parts)
        let calls = max(1, Int(Double(SessionRegistry.placesWithKernel) * (pause / Self.mostBetweenParts)))
        var next: Int? = 0
        while let start = next {
            let slice = await registry.loop.perform { registry.value.endWindow(from: start, kernelCalls: calls) }
            guard let slice else { return }
            self.take(slice.rows, of: loop)
            for row in slice.rows {
                self.seen?.add(row, loop: loop)
            }
            next = slice.next
            if next != nil, (try? await clock.sleep(for: pause)) == nil { return }
        }
    }

    /// - Returns: Whether the loop still turns.
    private func begin(_ loop: Int) async -> Bool {
        let registry = self.loops[loop]
        guard let gone = await registry.loop.perform({ registry.value.takeDepartures() }) else { return false }
        self.open[loop] = gone.open
        self.take(gone)
        return true
    }

    /// How those with series of their own are now.
    private func refreshGauges() async {
        for loop in self.loops.indices {
            let registry = self.loops[loop]
            let shown = self.shownConnections.filter { $0.value.loop == loop }
            guard !shown.isEmpty else { continue }
            let handles = shown.map(\.value.handle)
            guard let gauges = await registry.loop.perform({ registry.value.gauges(of: handles) }) else { continue }
            for (id, gauges) in zip(shown.map(\.key), gauges) {
                if let gauges {
                    self.shownConnections[id]?.gauges = gauges
                } else if self.hasLostDepartures {
                    self.connections.left(id, at: self.now())
                    self.shownConnections[id] = nil
                }
            }
        }
    }

    // MARK: - Counting

    private func take(_ rows: [CensusRow], of loop: Int) {
        let now = self.now()
        for row in rows {
            let connection = row.connection.seriesID
            self.connections.count(row.news, of: connection, isNew: row.isNew, grants: &self.grants, at: now)
            if self.connections.isShown(connection) {
                self.shownConnections[connection] = self.shown(row, loop: loop)
            }
            let user = row.user.seriesID
            self.users.count(row.news, of: user, isNew: row.isNew, grants: &self.grants, at: now)
            if self.users.isShown(user) {
                self.note(row, of: user)
            }
        }
    }

    private func note(_ row: CensusRow, of user: SeriesID) {
        let trip = row.gauges.pingRoundTrip
        let isAlone = row.user.anonymous != nil || self.directory.connections(of: row.user) <= 1
        if let known = self.shownUsers[user] {
            self.shownUsers[user]?.roundTrip = isAlone ? trip : max(trip, known.roundTrip)
        } else {
            self.shownUsers[user] = User(id: row.user, label: row.user.label, roundTrip: trip)
        }
    }

    private func take(_ gone: Departures) {
        let now = self.now()
        for one in gone.all {
            let connection = one.connection.seriesID
            self.connections.countLast(one.news, of: connection)
            self.connections.left(connection, at: now)
            self.shownConnections[connection] = nil
            guard let user = one.user else {
                self.users.countOthers(one.news)
                continue
            }
            self.users.count(one.news, of: user.seriesID, isNew: one.isNew, grants: &self.grants, at: now)
            guard self.users.isShown(user.seriesID) else { continue }
            if self.shownUsers[user.seriesID] == nil {
                self.shownUsers[user.seriesID] = User(id: user, label: user.label, roundTrip: 0)
            }
            if user.anonymous != nil || self.directory.connections(of: user) == 0 {
                self.users.left(user.seriesID, at: now)
            }
        }
        if gone.otherCount > 0 {
            self.hasLostDepartures = true
            self.connections.countOthers(gone.others)
            self.users.countOthers(gone.others)
        }
    }

    private func shown(_ row: CensusRow, loop: Int) -> Connection {
        let id = row.connection.seriesID
        let user = row.user.label
        if var known = self.shownConnections[id], known.user == user {
            known.gauges = row.gauges
            return known
        }
        let labels = [row.connection.text, user]
        return Connection(
            id: row.connection,
            handle: row.handle,
            loop: loop,
            user: user,
            labels: labels,
            info: labels + [row.protocolName.label, row.transport.label],
            gauges: row.gauges
        )
    }

    private func forgetHidden() {
        self.shownConnections = self.shownConnections.filter { self.connections.isShown($0.key) }
        self.shownUsers = self.shownUsers.filter { self.users.isShown($0.key) }
    }

    // MARK: - What is shown

    /// Open connections on all loops, as of the last pass.
    var openConnections: Int { self.open.reduce(0, +) }

    /// Everything for one scrape.
    func copy() -> CensusCopy {
        let connections = self.shownConnections.map { id, row in
            CensusCopy.Connection(row: row, traffic: self.connections.shown[id]?.traffic ?? Traffic())
        }
        let users = self.shownUsers.map { id, user in
            CensusCopy.User(
                user: user,
                traffic: self.users.shown[id]?.traffic ?? Traffic(),
                connections: self.connections(of: user.id)
            )
        }
        let present = users.count { $0.connections > 0 }
        return CensusCopy(
            connections: connections.sorted { $0.row.id < $1.row.id },
            users: users.sorted { $0.user.label < $1.user.label },
            otherConnections: self.connections.others,
            otherUsers: self.users.others,
            hiddenConnections: max(0, self.openConnections - connections.count),
            hiddenUsers: max(0, self.directory.count - present)
        )
    }

    private func connections(of user: UserID) -> Int {
        guard user.anonymous != nil else { return self.directory.connections(of: user) }
        return self.users.isPresent(user.seriesID) ? 1 : 0
    }
}
