/// How a room's messages are written for a member: all members of one encoding get the same bytes.
package struct MessageEncoding: Hashable, Sendable {
    /// The name that everything about these members is counted by.
    package let protocolName: ProtocolName
    /// What makes the bytes differ between members of one protocol; empty where nothing does.
    ///
    /// Only the protocol reads it. It may say whether frames are compressed, what they travel in, or how a subscription
    /// is called in them.
    package let variant: [UInt8]

    package init(_ protocolName: ProtocolName, variant: [UInt8] = []) {
        self.protocolName = protocolName
        self.variant = variant
    }
}
