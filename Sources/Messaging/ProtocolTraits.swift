/// What a client protocol needs from its sessions.
package struct ProtocolTraits: Sendable {
    /// The commands it can express, including publishing.
    package let commands: [CommandName]
    /// Whether its clients are pinged, and closed if they do not answer.
    package let isPinged: Bool
    /// Whether a client is told who it is, and given the secret with which it can resume.
    package let isWelcomed: Bool

    package init(commands: [CommandName], isPinged: Bool, isWelcomed: Bool) {
        self.commands = commands
        self.isPinged = isPinged
        self.isWelcomed = isWelcomed
    }
}
