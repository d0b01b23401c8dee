import Instruments
import Messaging
import Observability
import Sessions

/// What the pass at the end of a window has seen that speaks for a place, as long as there are places.
///
/// However many connections there are, it keeps no more of them than there are places. Users with a name may have
/// several connections, so those of them that do anything, or that something is wrong with, are added up.
struct WindowSums: Sendable {
    struct Candidate: Sendable {
        let candidate: SeriesCandidate
        let row: CensusRow
        let loop: Int
    }

    private var connections: Foremost<Candidate>.Two
    private var unnamed: Foremost<Candidate>.Two
    private var named: [UserID: Candidate] = [:]

    /// - Parameters:
    ///   - connections: How many connections, and which of them, have a place.
    ///   - users: The same of users.
    init(connections: SeriesBudget, users: SeriesBudget) {
        self.connections = Foremost.Two(connections)
        self.unnamed = Foremost.Two(users)
    }

    mutating func add(_ row: CensusRow, loop: Int) {
        let candidate = SeriesCandidate(row.connection.seriesID, of: row)
        guard candidate.speaksForItself else { return }
        self.connections.offer(Candidate(candidate: candidate, row: row, loop: loop))
        if row.user.anonymous != nil {
            let ofUser = SeriesCandidate(row.user.seriesID, of: row)
            self.unnamed.offer(Candidate(candidate: ofUser, row: row, loop: loop))
        } else if let known = self.named[row.user] {
            self.named[row.user] = Candidate(
                candidate: known.candidate.together(with: candidate),
                row: known.row,
                loop: known.loop
            )
        } else {
            let ofUser = SeriesCandidate(row.user.seriesID, of: row)
            self.named[row.user] = Candidate(candidate: ofUser, row: row, loop: loop)
        }
    }

    var connectionCandidates: [Candidate] { self.connections.all }
    var userCandidates: [Candidate] { self.unnamed.all + self.named.values }
}

extension Foremost<WindowSums.Candidate> {
    /// The first of both orders in which places are given.
    struct Two: Sendable {
        private var heavy: Foremost
        private var ailing: Foremost

        init(_ budget: SeriesBudget) {
            let shown = budget.shownIDs
            self.heavy = Foremost(budget.places) { $0.candidate.isHeavier(than: $1.candidate, shown: shown) }
            self.ailing = Foremost(budget.places) { $0.candidate.isWorse(than: $1.candidate, shown: shown) }
        }

        mutating func offer(_ candidate: WindowSums.Candidate) {
            if candidate.candidate.load > 0 {
                self.heavy.offer(candidate)
            }
            if candidate.candidate.isAiling {
                self.ailing.offer(candidate)
            }
        }

        /// Each once.
        var all: [WindowSums.Candidate] {
            let heavy = self.heavy.inOrder
            let known = Set(heavy.map(\.candidate.id))
            return heavy + self.ailing.inOrder.filter { !known.contains($0.candidate.id) }
        }
    }
}

extension SeriesCandidate {
    fileprivate init(_ id: SeriesID, of row: CensusRow) {
        self.init(
            id,
            load: row.rates.bytesReceived + row.rates.bytesSent,
            dropped: row.windowDropped,
            queuedBytes: row.gauges.queuedBytes,
            roundTrip: row.gauges.pingRoundTrip
        )
    }
}

extension ConnectionID {
    var seriesID: SeriesID { .number(self.ulid.high, self.ulid.low) }
}

extension UserID {
    var seriesID: SeriesID { self.anonymous?.seriesID ?? .text(self.text) }

    /// As a label's value: an id of the gateway's own is never mistaken for `_other`.
    var label: String { self.text.hasPrefix("_") ? "_" + self.text : self.text }
}
