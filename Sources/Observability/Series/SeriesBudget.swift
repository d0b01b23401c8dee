package import Instruments

/// Which ids have series of their own on `/metrics`, and what those series and all other ids have counted.
///
/// Every increment goes to exactly one of the two: the series of its id, or `others`. So neither ever falls. A series
/// starts at 0 when its id wins a place, and is gone when it loses it; it is not added to `others`.
package struct SeriesBudget: Sendable {
    /// One id with series of its own.
    package struct Shown: Sendable {
        /// What has been counted since it won its place.
        package fileprivate(set) var traffic = Traffic()
        /// Since when nobody is there; `nil` while somebody is.
        fileprivate var leftAt: Instant?
    }

    package let places: Int
    /// How long a series stays after its id has left.
    private let stay: Duration
    package private(set) var shown: [SeriesID: Shown] = [:]
    package private(set) var others = Traffic()

    /// - Parameters:
    ///   - places: How many ids may have series.
    ///   - stay: How long a series stays after its id has left.
    package init(places: Int, stay: Duration) {
        self.places = places
        self.stay = stay
    }

    package var shownIDs: Set<SeriesID> { Set(self.shown.keys) }

    package func isShown(_ id: SeriesID) -> Bool {
        self.shown[id] != nil
    }

    /// Whether somebody is there under an id that is shown.
    package func isPresent(_ id: SeriesID) -> Bool {
        self.shown[id].map { $0.leftAt == nil } ?? false
    }

    /// Counts what has passed over an id that is there.
    ///
    /// While places are free it wins one at once.
    ///
    /// - Parameter isNew: Whether this is the first that is said of it, so that all of it belongs to its series.
    package mutating func count(
        _ news: Traffic,
        of id: SeriesID,
        isNew: Bool,
        grants: inout PlaceGrants,
        at now: Instant
    ) {
        if self.shown[id] == nil {
            guard self.shown.count < self.places, grants.take(at: now) else {
                self.others += news
                return
            }
            self.shown[id] = Shown()
            guard isNew else {
                self.others += news
                return
            }
        }
        self.shown[id]?.traffic += news
        self.shown[id]?.leftAt = nil
    }

    /// Counts the last of an id that is gone, which can win nothing any more.
    package mutating func countLast(_ news: Traffic, of id: SeriesID) {
        if self.shown[id] == nil {
            self.others += news
        } else {
            self.shown[id]?.traffic += news
        }
    }

    /// Counts what belongs to ids that are not known.
    package mutating func countOthers(_ news: Traffic) {
        self.others += news
    }

    /// Nobody is there any more under this id; its series stays for a while.
    package mutating func left(_ id: SeriesID, at now: Instant) {
        guard self.shown[id] != nil, self.shown[id]?.leftAt == nil else { return }
        self.shown[id]?.leftAt = now
        if self.stay == .zero {
            self.shown[id] = nil
        }
    }

    /// Ends the series of ids that left long ago.
    package mutating func expire(at now: Instant) {
        for (id, one) in self.shown {
            if let leftAt = one.leftAt, now - leftAt >= self.stay {
                self.shown[id] = nil
            }
        }
    }

    /// Gives the places anew: to the heaviest and to the least healthy, one of each in turn.
    ///
    /// Whoever has a place keeps it while nobody with a better claim wants it.
    ///
    /// - Parameter candidates: Every id that is there and that anything speaks for.
    package mutating func choose(among candidates: [SeriesCandidate], grants: inout PlaceGrants, at now: Instant) {
        let wanted = self.wanted(candidates)
        let isWanted = Set(wanted)
        // Last come those who go first: whoever has left.
        var losers = self.shown.filter { !isWanted.contains($0.key) }.sorted { one, other in
            one.value.leftAt == nil && other.value.leftAt != nil
        }.map(\.key)
        for id in wanted where self.shown[id] == nil {
            guard self.shown.count < self.places || !losers.isEmpty, grants.take(at: now) else { return }
            if self.shown.count >= self.places {
                self.shown[losers.removeLast()] = nil
            }
            self.shown[id] = Shown()
        }
    }

    private func wanted(_ candidates: [SeriesCandidate]) -> [SeriesID] {
        let shown = self.shownIDs
        var heavy = Foremost<SeriesCandidate>(self.places) { $0.isHeavier(than: $1, shown: shown) }
        var ailing = Foremost<SeriesCandidate>(self.places) { $0.isWorse(than: $1, shown: shown) }
        for candidate in candidates {
            if candidate.load > 0 {
                heavy.offer(candidate)
            }
            if candidate.isAiling {
                ailing.offer(candidate)
            }
        }
        return Self.alternating(heavy.inOrder.map(\.id), ailing.inOrder.map(\.id), limit: self.places)
    }

    /// The first of each list in turn, each id once.
    private static func alternating(_ one: [SeriesID], _ other: [SeriesID], limit: Int) -> [SeriesID] {
        var chosen: [SeriesID] = []
        var isChosen: Set<SeriesID> = []
        for place in 0..<max(one.count, other.count) {
            for list in [one, other] where place < list.count && chosen.count < limit {
                if isChosen.insert(list[place]).inserted {
                    chosen.append(list[place])
                }
            }
        }
        return chosen
    }
}
