/// What a client protocol asks of the sessions that speak it.
package struct ProtocolTraits: Sendable {
    /// The commands it has words for, publishing included.
    package let commands: [CommandName]
    /// Whether its clients are pinged, and ended when they do not answer.
    package let isPinged: Bool
    /// Whether a client is told who it is, and the secret by which it may resume.
    package let isWelcomed: Bool

    package init(commands: [CommandName], isPinged: Bool, isWelcomed: Bool) {
        self.commands = commands
        self.isPinged = isPinged
        self.isWelcomed = isWelcomed
    }
}
