/// What a client that asked for a room is told once the broker delivers it.
package struct SubscriptionAnswer: Sendable, Hashable {
    /// The command; `nil` if only a failure is answered.
    package let command: CommandID?
    /// Set where the client asked for what it missed.
    package let recovered: Bool?

    package init(_ command: CommandID?, recovered: Bool? = nil) {
        self.command = command
        self.recovered = recovered
    }
}
