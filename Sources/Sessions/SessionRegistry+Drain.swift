import Instruments
import Messaging
import Reactor

/// Closing all sessions, a few at a time, so that they do not all come back elsewhere at once.
extension SessionRegistry {
    private static let step = Duration.milliseconds(50)

    /// Closes the sessions that are open now, evenly spread over `pace`.
    ///
    /// - Parameter hint: The latest that a client is asked to wait before it reconnects; each is told its own time.
    package func drain(over pace: Duration, hint: Duration) {
        let steps = max(1, Int(pace / Self.step))
        let open = self.live
        self.drainStep(open[...], perStep: max(1, (open.count + steps - 1) / steps), hint: hint)
    }

    private func drainStep(_ remaining: ArraySlice<Session>, perStep: Int, hint: Duration) {
        for session in remaining.prefix(perStep) where session.state.isLive {
            session.drain(reconnectAfter: hint * Double.random(in: 0...1))
        }
        let rest = remaining.dropFirst(perStep)
        guard !rest.isEmpty else { return }
        _ = self.loop.schedule(after: Self.step) {
            self.drainStep(rest, perStep: perStep, hint: hint)
        }
    }
}

extension Session {
    /// Tells the client to come back later, to whichever instance is available then.
    fileprivate func drain(reconnectAfter: Duration) {
        self.output.close(
            Ending(
                .drain,
                by: .server,
                "this instance is being drained; reconnect",
                reconnectAfter: reconnectAfter
            )
        )
    }
}
