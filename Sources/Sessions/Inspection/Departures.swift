package import Instruments
package import Messaging

/// The last that is said of a connection that has ended.
package struct Departure: Sendable {
    package let connection: ConnectionID
    /// `nil` if it never had a name.
    package let user: UserID?
    package let isNew: Bool
    /// What has passed over it since the last row of it.
    package let news: Traffic
}

/// The connections that ended since the last pass.
package struct Departures: Sendable {
    package var all: [Departure] = []
    /// Connections that are open now.
    package var open = 0
    /// What passed over further ones, which were too many to keep apart.
    package var others = Traffic()
    package var otherCount = 0

    package init() {}

    static let most = 20_000

    mutating func append(_ departure: Departure) {
        if self.all.count < Self.most {
            self.all.append(departure)
        } else {
            self.others += departure.news
            self.otherCount += 1
        }
    }
}
