/// One message of the fleet channel.
///
/// `docs/wire-format.md` describes it byte by byte.
package struct FleetMessage: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// The sender is alive.
        case heartbeat(FleetHeartbeat)
        /// The message's nonce identifies the question. This build may not know the subject.
        case question(subject: String, body: [UInt8])
        case answer(to: FleetNonce, FleetReply)
        /// The sender is about to end and no longer answers.
        case goodbye
    }

    package let origin: BusOrigin
    /// The sender's name.
    package let instance: String
    package let nonce: FleetNonce
    /// Nanoseconds since 1970 on the fleet's clock.
    package let sentAt: UInt64
    package let content: Content

    package init(origin: BusOrigin, instance: String, nonce: FleetNonce, sentAt: UInt64, content: Content) {
        self.origin = origin
        self.instance = instance
        self.nonce = nonce
        self.sentAt = sentAt
        self.content = content
    }

    /// The longest name of an instance, in bytes of UTF-8; names of pods and hosts are shorter.
    static let maximumNameBytes = 255
    static let maximumBuildBytes = 64
}

/// What an instance says about itself in each heartbeat.
package struct FleetHeartbeat: Equatable, Sendable {
    /// The version of its build.
    package let build: String
    /// `nil` while it has not read the fleet's clock.
    package let clock: FleetClockReading?

    package init(build: String, clock: FleetClockReading?) {
        self.build = build
        self.clock = clock
    }
}
