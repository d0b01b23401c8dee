import Instruments
import Messaging
import Reactor

/// Why a client is not read for the time being.
package struct ReadingHold: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// One of its commands waits for something slow.
    package static let command = ReadingHold(rawValue: 1 << 0)
    /// It publishes, and the instance's send queues are too full.
    package static let pressure = ReadingHold(rawValue: 1 << 1)
}

/// The one command of a session that may wait, and what follows it.
struct WaitingCommand {
    let deadline: Instant
    /// What becomes of the command when its time has run out.
    let expired: () -> Void
}

/// Not reading a client: what it says meanwhile waits in its order, and its silence is not held against it.
extension Session {
    /// Whether the client is not read just now.
    package var isHeld: Bool { !self.holds.isEmpty }

    package func hold(_ reason: ReadingHold) {
        guard self.state.isLive else { return }
        if self.holds.isEmpty {
            self.output.pauseReading()
            self.heartbeat?.pause()
        }
        self.holds.insert(reason)
    }

    package func release(_ reason: ReadingHold) {
        guard self.holds.remove(reason) != nil, self.holds.isEmpty, self.state.isLive else { return }
        self.heartbeat?.resume(at: self.registry.loop.now)
        self.wake()
        self.output.resumeReading()
    }

    /// Has all that the client says from here on wait until `endWait`, since a command of its waits for something slow.
    ///
    /// A session has at most one such command: the next one is not read before.
    ///
    /// - Parameters:
    ///   - limit: How long at most.
    ///   - expired: Called when time has run out; the client is read again behind it. Not called after the goodbye.
    package func wait(upTo limit: Duration, expired: @escaping () -> Void) {
        precondition(self.waiting == nil, "one command of a session waits at a time")
        guard self.state.isLive else { return }
        self.waiting = WaitingCommand(deadline: self.registry.loop.now + limit, expired: expired)
        self.hold(.command)
        self.wake()
    }

    /// What was waited for has come.
    package func endWait() {
        self.waiting = nil
        self.release(.command)
    }

    /// The broker is away: nothing more is read of the client before its publication is answered.
    ///
    /// The broker answers each within its patience; should it be later, the client is read again and hears it then.
    func wait(forReceiptOf publication: MessageID) {
        self.heldPublication = publication
        self.wait(upTo: self.registry.publicationPatience) { [unowned self] in
            self.heldPublication = nil
        }
    }

    func endWait(forReceiptOf publication: MessageID) {
        guard self.heldPublication == publication else { return }
        self.heldPublication = nil
        self.endWait()
    }

    /// Gives up a wait that has lasted too long.
    func expireWait(at now: Instant) {
        guard let waiting = self.waiting, now >= waiting.deadline else { return }
        self.waiting = nil
        waiting.expired()
        self.release(.command)
    }
}
