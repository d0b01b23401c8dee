import Messaging
import Observability
import Sessions

/// What the pass at the end of a window has seen: all connections, and all users over all of their connections.
struct WindowSums: Sendable {
    struct OfConnection: Sendable {
        let row: CensusRow
        let loop: Int
        let candidate: SeriesCandidate
    }

    struct OfUser: Sendable {
        let user: UserID
        var candidate: SeriesCandidate
    }

    private(set) var connections: [SeriesID: OfConnection] = [:]
    private(set) var users: [SeriesID: OfUser] = [:]

    mutating func add(_ row: CensusRow, loop: Int) {
        let candidate = SeriesCandidate(row.connection.seriesID, of: row)
        self.connections[candidate.id] = OfConnection(row: row, loop: loop, candidate: candidate)
        let user = row.user.seriesID
        if var known = self.users[user] {
            known.candidate.load += candidate.load
            known.candidate.dropped += candidate.dropped
            known.candidate.queuedBytes += candidate.queuedBytes
            known.candidate.roundTrip = max(known.candidate.roundTrip, candidate.roundTrip)
            self.users[user] = known
        } else {
            self.users[user] = OfUser(user: row.user, candidate: SeriesCandidate(user, of: row))
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
