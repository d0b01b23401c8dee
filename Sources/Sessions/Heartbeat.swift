package import Instruments

/// Decides when to ping a client, when to give up on it, and what a pong says about the round trip.
///
/// A ping goes out every interval, even if the client is not silent, since its purpose is to measure the round trip.
package struct Heartbeat: Sendable {
    package enum Action: Equatable, Sendable {
        case wait(until: Instant)
        /// Send a ping with this payload, and call again at `until`.
        case ping(payload: UInt64, until: Instant)
        /// The pong did not come in time.
        case giveUp
    }

    private enum State {
        case resting(until: Instant)
        /// `isTimed`: its pong says how long the way is. `received`: how much had been read of the client when its
        /// time began, which only has to differ.
        case awaitingPong(sentAt: Instant, until: Instant, isTimed: Bool, received: UInt32)
    }

    // In nanoseconds, since a `Duration` is twice as large and every client has two.
    private let intervalNanoseconds: UInt64
    private let timeoutNanoseconds: UInt64
    private var state: State
    private var isPaused = false
    /// In microseconds; 0 if there was none yet.
    private var lastRoundTrip: UInt32 = 0
    private var payload: UInt64

    /// - Parameters:
    ///   - spread: 0 to 1: where in the first interval the first ping falls, so that pings of many clients that came
    ///     together do not stay together.
    ///   - payload: The first ping's payload; the next ones count up.
    package init(interval: Duration, timeout: Duration, openedAt: Instant, spread: Double, payload: UInt64) {
        self.intervalNanoseconds = UInt64(max(0, interval.wholeNanoseconds))
        self.timeoutNanoseconds = UInt64(max(0, timeout.wholeNanoseconds))
        self.payload = payload
        self.state = .resting(until: openedAt + interval * min(max(spread, 0), 1))
    }

    private var interval: Duration { .nanoseconds(Int64(clamping: self.intervalNanoseconds)) }
    private var timeout: Duration { .nanoseconds(Int64(clamping: self.timeoutNanoseconds)) }

    /// Says what is due.
    ///
    /// A client that has sent anything since its ping lives: in the middle of a long message it cannot answer.
    ///
    /// - Parameter received: How many bytes of the client have been read in all.
    package mutating func tick(at now: Instant, received: UInt64) -> Action {
        let received = UInt32(truncatingIfNeeded: received)
        switch self.state {
        case .resting(let until) where now < until:
            return .wait(until: until)
        case .resting:
            let deadline = now + self.timeout
            self.state = .awaitingPong(sentAt: now, until: deadline, isTimed: !self.isPaused, received: received)
            self.payload &+= 1
            return .ping(payload: self.payload, until: deadline)
        case .awaitingPong(_, let until, _, _) where now < until:
            return .wait(until: until)
        case .awaitingPong(let sentAt, _, _, let before) where self.isPaused || before != received:
            let deadline = now + self.timeout
            self.state = .awaitingPong(sentAt: sentAt, until: deadline, isTimed: false, received: received)
            return .wait(until: deadline)
        case .awaitingPong:
            return .giveUp
        }
    }

    /// Takes a pong.
    ///
    /// Only the answer to the current ping counts; unsolicited ones are allowed (RFC 6455 section 5.5.3) and ignored.
    ///
    /// - Returns: The round trip time, if nothing but the network took it.
    package mutating func pong(_ payload: UInt64, at now: Instant) -> Duration? {
        guard case .awaitingPong(let sentAt, _, let isTimed, _) = self.state, payload == self.payload else {
            return nil
        }
        self.state = .resting(until: sentAt + self.interval)
        guard isTimed else { return nil }
        let roundTrip = now - sentAt
        self.lastRoundTrip = UInt32(clamping: max(1, roundTrip.wholeNanoseconds / 1000))
        return roundTrip
    }

    /// The last round trip that was measured, to the microsecond.
    package var lastRTT: Duration? {
        self.lastRoundTrip == 0 ? nil : .microseconds(Int64(self.lastRoundTrip))
    }

    /// From here on the client is not read, so its answer cannot be received.
    package mutating func pause() {
        self.isPaused = true
        if case .awaitingPong(let sentAt, let until, _, let received) = self.state {
            self.state = .awaitingPong(sentAt: sentAt, until: until, isTimed: false, received: received)
        }
    }

    /// The client is read again: its time to answer starts over.
    package mutating func resume(at now: Instant) {
        self.isPaused = false
        if case .awaitingPong(let sentAt, _, _, let received) = self.state {
            self.state = .awaitingPong(sentAt: sentAt, until: now + self.timeout, isTimed: false, received: received)
        }
    }

    /// When to call again.
    package var deadline: Instant {
        switch self.state {
        case .resting(let until), .awaitingPong(_, let until, _, _): until
        }
    }
}
