import Instruments
import Observability
import Sessions

/// The series of single users and connections as one scrape shows them.
struct CensusCopy: Sendable {
    struct Connection: Sendable {
        let row: Census.Connection
        let traffic: Traffic
    }

    struct User: Sendable {
        let user: Census.User
        let traffic: Traffic
        let connections: Int
    }

    /// Ordered by their ids.
    let connections: [Connection]
    let users: [User]
    let otherConnections: Traffic
    let otherUsers: Traffic
    let hiddenConnections: Int
    let hiddenUsers: Int

    private static let other = "_other"

    func record(into measurements: inout Measurements) {
        measurements.record(CensusMetrics.series, ["user"], self.users.count)
        measurements.record(CensusMetrics.series, ["connection"], self.connections.count)
        measurements.record(CensusMetrics.hidden, ["user"], self.hiddenUsers)
        measurements.record(CensusMetrics.hidden, ["connection"], self.hiddenConnections)
        self.recordUsers(into: &measurements)
        self.recordConnections(into: &measurements)
    }

    private func recordUsers(into measurements: inout Measurements) {
        for one in self.users {
            measurements.record(CensusMetrics.userConnections, [one.user.label], one.connections)
            if one.user.roundTrip > 0 {
                measurements.record(CensusMetrics.userPing, [one.user.label], one.user.roundTrip.asSeconds)
            }
        }
        for counter in CensusMetrics.counters {
            guard let family = counter.user else { continue }
            for one in self.users {
                measurements.record(family, [one.user.label], counter.value(one.traffic))
            }
            measurements.record(family, [Self.other], counter.value(self.otherUsers))
        }
    }

    private func recordConnections(into measurements: inout Measurements) {
        for one in self.connections {
            measurements.record(CensusMetrics.connectionInfo, one.row.info, 1)
            measurements.record(CensusMetrics.connectionQueue, one.row.labels, one.row.gauges.queuedBytes)
            measurements.record(CensusMetrics.connectionReconnects, one.row.labels, one.row.gauges.place)
            if one.row.gauges.pingRoundTrip > 0 {
                measurements.record(
                    CensusMetrics.connectionPing,
                    one.row.labels,
                    one.row.gauges.pingRoundTrip.asSeconds
                )
            }
            if one.row.gauges.kernelRoundTrip > 0 {
                measurements.record(
                    CensusMetrics.connectionKernel,
                    one.row.labels,
                    one.row.gauges.kernelRoundTrip.asSeconds
                )
            }
        }
        for counter in CensusMetrics.counters {
            guard let family = counter.connection else { continue }
            for one in self.connections {
                measurements.record(family, one.row.labels, counter.value(one.traffic))
            }
            measurements.record(family, [Self.other, Self.other], counter.value(self.otherConnections))
        }
    }
}

extension UInt32 {
    /// Microseconds as seconds.
    var asSeconds: Double { Double(self) / 1e6 }
}
