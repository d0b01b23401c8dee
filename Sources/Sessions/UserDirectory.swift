package import Instruments
package import Messaging

/// The users of the whole instance and how many connections each has: the only user table that the loops share.
///
/// Changed when a session gets its name and at its goodbye; it holds no more users than there are open connections.
package final class UserDirectory: Sendable {
    private struct Users {
        /// Each with its open connections.
        var named: [UserID: UInt32] = [:]
        /// What passed over connections that have ended, of the few users who have others.
        var left: [UserID: Traffic] = [:]
        /// Each has exactly the one connection in its name, so a number is enough.
        var anonymous = 0
    }

    private let users = Lock(Users())

    package init() {}

    func enter(_ user: UserID, isAnonymous: Bool) {
        self.users.withLock { users in
            if isAnonymous {
                users.anonymous += 1
            } else {
                users.named[user, default: 0] += 1
            }
        }
    }

    func leave(_ user: UserID, isAnonymous: Bool) {
        self.users.withLock { users in
            if isAnonymous {
                users.anonymous -= 1
            } else if let connections = users.named[user] {
                users.named[user] = connections > 1 ? connections - 1 : nil
                if connections == 1 {
                    users.left[user] = nil
                }
            }
        }
    }

    /// The open connections of a user with a name of its own.
    package func connections(of user: UserID) -> Int {
        self.users.withLock { Int($0.named[user] ?? 0) }
    }

    /// Keeps what passed over a connection that has ended, for as long as its user has others.
    func keep(_ traffic: Traffic, of user: UserID) {
        self.users.withLock { users in
            guard users.named[user] != nil else { return }
            users.left[user, default: Traffic()] += traffic
        }
    }

    /// What passed over connections of a user that have ended since the user came.
    package func left(of user: UserID) -> Traffic {
        self.users.withLock { $0.left[user] ?? Traffic() }
    }

    /// Users with open connections, including anonymous ones.
    package var count: Int {
        self.users.withLock { $0.named.count + $0.anonymous }
    }
}
