package import Messaging

/// Closing sessions that an operator names, a few at a time.
extension SessionRegistry {
    package enum Choice: Sendable {
        case connection(ConnectionID)
        /// Every session of the user.
        case user(UserID)
    }

    /// What one step has done.
    package struct ClosingStep: Sendable {
        package let closed: Int
        /// Where the next step begins; `nil` after the last one.
        package let next: Int?
    }

    /// How much one step may do, so that it ends in well under a millisecond.
    private static let slotsPerStep = 2048
    private static let closesPerStep = 32

    /// Looks through some slots, and closes the sessions there that are meant and have not said goodbye.
    ///
    /// - Parameter first: The slot to begin with; 0, then what the step before returned.
    package func close(_ choice: Choice, from first: Int, _ ending: Ending) -> ClosingStep {
        var closed = 0
        var slot = first
        let end = min(self.bySlot.count, first + Self.slotsPerStep)
        while slot < end, closed < Self.closesPerStep {
            if let session = self.bySlot[slot], session.state.isLive, choice.means(session.identity) {
                session.output.close(ending)
                closed += 1
                if case .connection = choice { return ClosingStep(closed: closed, next: nil) }
            }
            slot += 1
        }
        return ClosingStep(closed: closed, next: slot < self.bySlot.count ? slot : nil)
    }
}

extension SessionRegistry.Choice {
    fileprivate func means(_ identity: Identity) -> Bool {
        switch self {
        case .connection(let id): identity.connection == id
        case .user(let id): identity.user == id
        }
    }
}
