import Instruments
import Messaging
import Reactor

/// Why a client is currently not read.
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

/// The one command of a session that may wait.
///
/// An object, since a session rarely has one, and room for its fields would cost each idle client 48 bytes.
final class WaitingCommand {
    /// What ends the wait.
    enum Awaited: Equatable {
        /// The receipt of a publication.
        case receipt(MessageID)
        /// The answer to the claim of a resume token, by its number.
        case claim(UInt64)
        case other
    }

    let deadline: Instant
    let awaited: Awaited
    /// What becomes of the command when its time has run out.
    let expired: () -> Void

    init(deadline: Instant, awaited: Awaited, expired: @escaping () -> Void) {
        self.deadline = deadline
        self.awaited = awaited
        self.expired = expired
    }
}

/// Not reading a client: what it says meanwhile waits in order, and its silence is not held against it.
extension Session {
    /// Whether the client is currently not read.
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
        self.heartbeat?.resume(at: self.registry.loop.now, pace: self.registry.pace)
        self.wake()
        self.output.resumeReading()
    }

    /// Lets everything the client says from here on wait until `endWait`, because one of its commands waits for
    /// something slow.
    ///
    /// A session has at most one such command, since the next one is not read before that.
    ///
    /// - Parameters:
    ///   - limit: How long to wait at most.
    ///   - expired: Called when time has run out, before the client is read again. Not called after the goodbye.
    package func wait(upTo limit: Duration, expired: @escaping () -> Void) {
        self.wait(for: .other, upTo: limit, expired: expired)
    }

    /// - Parameter awaited: What is waited for.
    func wait(for awaited: WaitingCommand.Awaited, upTo limit: Duration, expired: @escaping () -> Void) {
        precondition(self.waiting == nil, "one command of a session waits at a time")
        guard self.state.isLive else { return }
        let deadline = self.registry.loop.now + limit
        self.waiting = WaitingCommand(deadline: deadline, awaited: awaited, expired: expired)
        self.hold(.command)
        self.wake()
    }

    /// What was waited for has come.
    package func endWait() {
        self.waiting = nil
        self.release(.command)
    }

    /// The broker is away: the client is not read until its publication is answered.
    ///
    /// The broker answers each publication within its patience. Should an answer come later, the client is read again
    /// before it.
    func wait(forReceiptOf publication: MessageID) {
        self.wait(for: .receipt(publication), upTo: self.registry.publicationPatience) {}
    }

    func endWait(forReceiptOf publication: MessageID) {
        if self.isAwaiting(.receipt(publication)) {
            self.endWait()
        }
    }

    func isAwaiting(_ awaited: WaitingCommand.Awaited) -> Bool {
        self.waiting?.awaited == awaited
    }

    /// Gives up a wait that has lasted too long.
    func expireWait(at now: Instant) {
        guard let waiting = self.waiting, now >= waiting.deadline else { return }
        self.waiting = nil
        waiting.expired()
        self.release(.command)
    }
}
