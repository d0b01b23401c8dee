import Instruments
package import Messaging

/// The users of the whole instance and how many connections each has: the one table of users that the loops share.
///
/// Changed when a session gets its name and at its goodbye; it holds no more users than there are open connections.
package final class UserDirectory: Sendable {
    private let table = Lock<[UserID: Int]>([:])

    package init() {}

    func enter(_ user: UserID) {
        self.table.withLock { $0[user, default: 0] += 1 }
    }

    func leave(_ user: UserID) {
        self.table.withLock { table in
            guard let connections = table[user] else { return }
            table[user] = connections > 1 ? connections - 1 : nil
        }
    }

    /// The open connections of one user.
    package func connections(of user: UserID) -> Int {
        self.table.withLock { $0[user] ?? 0 }
    }

    /// Users with open connections.
    package var count: Int {
        self.table.withLock { $0.count }
    }
}
