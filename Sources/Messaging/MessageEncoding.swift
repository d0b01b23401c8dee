/// How room messages are written for a member: all members with the same encoding get the same bytes.
package struct MessageEncoding: Hashable, Sendable {
    /// The name under which everything about these members is counted.
    package let protocolName: ProtocolName
    /// What makes the bytes differ between members of one protocol; empty if nothing does.
    ///
    /// Only the protocol reads it. It may say whether frames are compressed, what carries them, or what a subscription
    /// is called in them.
    package let variant: [UInt8]

    package init(_ protocolName: ProtocolName, variant: [UInt8] = []) {
        self.protocolName = protocolName
        self.variant = variant
    }
}
