import Messaging

/// The last words on connections that have ended: the newest so many of them, in a ring.
struct ClosedConnections {
    private let capacity: Int
    private var ring: [ConnectionRow] = []
    /// Where the oldest is, once the ring is full.
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ row: ConnectionRow) {
        guard self.capacity > 0 else { return }
        if self.ring.count < self.capacity {
            self.ring.append(row)
        } else {
            self.ring[self.oldest] = row
            self.oldest = (self.oldest + 1) % self.capacity
        }
    }

    var count: Int { self.ring.count }

    /// In no particular order.
    subscript(index: Int) -> ConnectionRow { self.ring[index] }

    func row(of connection: ConnectionID) -> ConnectionRow? {
        self.ring.first { $0.connection == connection }
    }
}
