import Messaging

/// The names of the keys: the only things that are kept in Redis, all of them for a time.
struct RedisKeys: Sendable {
    private let resume: String
    private let lease: String

    init(prefix: String) {
        self.resume = prefix + "resume:"
        self.lease = prefix + "lease:"
    }

    /// The record of a resume token.
    func record(of key: ChainKey) -> String {
        self.resume + key.name
    }

    /// What is there while an instance lives, and for a while after it.
    func lease(of origin: BusOrigin) -> String {
        self.lease + origin.description
    }
}
