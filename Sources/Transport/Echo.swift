import Messaging

/// The endpoint of development that gives each message back: no client protocol, since it makes no deliveries.
enum Echo {
    /// Whose connections and messages it is counted with.
    static let countsAs = ProtocolName.plain
}
