import Messaging

/// The development endpoint that sends each message back.
///
/// Not a client protocol, since it makes no deliveries.
enum Echo {
    /// The protocol as which its connections and messages are counted.
    static let countsAs = ProtocolName.plain
}
