/// How the process's descriptors are shared out, so that a crowd of clients leaves operators and the broker what they
/// need.
enum DescriptorShares {
    /// With fewer than this, what the process needs for itself leaves none for clients, or is not to be had at all.
    static let minimum = 64

    /// What clients leave to the management listener, the broker and files.
    static func keptFromClients(of limit: Int) -> Int {
        min(64, limit / 4)
    }

    /// What the management listener leaves to the broker and files: a name is looked up with a few, and a scrape reads
    /// files.
    static func keptFromOperators(of limit: Int) -> Int {
        min(16, limit / 10)
    }
}
