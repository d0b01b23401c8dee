package import Instruments

/// Decides when to ping a client, when to give up on it, and what its pongs say about the round trip.
///
/// A ping goes out every interval, even if the client is not silent, since its purpose is to measure the round trip.
/// Every client has a heartbeat, idle or not, so it is 40 bytes and no more.
package struct Heartbeat: Sendable {
    package enum Action: Equatable, Sendable {
        case wait(until: Instant)
        /// Send a ping with this payload, and call again at `until`.
        case ping(payload: UInt64, until: Instant)
        /// The pong did not come in time.
        case giveUp
    }

    private enum State {
        case resting
        /// The pong will say how long the round trip is.
        case awaitingPong
        /// Not only the round trip holds the pong up, so it will say nothing about it.
        case awaitingUntimedPong
    }

    /// When to call again.
    package private(set) var deadline: Instant
    /// When the current ping was sent; means nothing while resting.
    private var sentAt: Instant
    /// Only has to tell this connection's pings apart, so 32 bits are enough.
    private var payload: UInt32
    /// How much had been read of the client when its time began, which only has to differ.
    private var received: UInt32 = 0
    // In whole microseconds; 0 if there was none yet.
    private var lastRoundTrip: UInt32 = 0
    private var minimumRoundTrip: UInt32 = 0
    private var smoothedRoundTrip: UInt32 = 0
    private var state = State.resting
    private var isPaused = false

    /// - Parameters:
    ///   - spread: 0 to 1: where in the first interval the first ping falls, so that pings of many clients that came
    ///     together do not stay together.
    ///   - payload: Its lower half is what the first ping counts on from.
    package init(pace: HeartbeatPace, openedAt: Instant, spread: Double, payload: UInt64) {
        self.payload = UInt32(truncatingIfNeeded: payload)
        self.deadline = openedAt + pace.interval * min(max(spread, 0), 1)
        self.sentAt = openedAt
    }

    /// Says what is due.
    ///
    /// A client that has sent anything since its ping lives: in the middle of a long message it cannot answer.
    ///
    /// - Parameter received: How many bytes of the client have been read in all.
    package mutating func tick(at now: Instant, received: UInt64, pace: HeartbeatPace) -> Action {
        guard now >= self.deadline else { return .wait(until: self.deadline) }
        let received = UInt32(truncatingIfNeeded: received)
        switch self.state {
        case .resting:
            self.state = self.isPaused ? .awaitingUntimedPong : .awaitingPong
            self.sentAt = now
            self.deadline = now + pace.timeout
            self.received = received
            self.payload &+= 1
            return .ping(payload: UInt64(self.payload), until: self.deadline)
        case .awaitingPong, .awaitingUntimedPong:
            guard self.isPaused || self.received != received else { return .giveUp }
            self.state = .awaitingUntimedPong
            self.deadline = now + pace.timeout
            self.received = received
            return .wait(until: self.deadline)
        }
    }

    /// Takes a pong.
    ///
    /// Only the answer to the current ping counts; unsolicited ones are allowed (RFC 6455 section 5.5.3) and ignored.
    ///
    /// - Returns: The round trip time, if nothing but the network and the client took it.
    package mutating func pong(_ payload: UInt64, at now: Instant, pace: HeartbeatPace) -> Duration? {
        let state = self.state
        guard state != .resting, payload == UInt64(self.payload) else { return nil }
        self.state = .resting
        self.deadline = self.sentAt + pace.interval
        guard state == .awaitingPong else { return nil }
        let roundTrip = now - self.sentAt
        self.note(UInt32(clamping: max(1, roundTrip.wholeNanoseconds / 1000)))
        return roundTrip
    }

    /// Smooths as TCP does: `SRTT` of RFC 6298 section 2, with alpha 1/8, rounded to the nearest microsecond.
    private mutating func note(_ roundTrip: UInt32) {
        let isFirst = self.lastRoundTrip == 0
        self.lastRoundTrip = roundTrip
        self.minimumRoundTrip = isFirst ? roundTrip : min(self.minimumRoundTrip, roundTrip)
        let smoothed = (UInt64(self.smoothedRoundTrip) * 7 + UInt64(roundTrip) + 4) / 8
        self.smoothedRoundTrip = isFirst ? roundTrip : UInt32(smoothed)
    }

    /// From here on the client is not read, so its answer cannot be received.
    package mutating func pause() {
        self.isPaused = true
        if self.state == .awaitingPong {
            self.state = .awaitingUntimedPong
        }
    }

    /// The client is read again: its time to answer starts over.
    package mutating func resume(at now: Instant, pace: HeartbeatPace) {
        self.isPaused = false
        guard self.state != .resting else { return }
        self.state = .awaitingUntimedPong
        self.deadline = now + pace.timeout
    }

    // MARK: - Round trips

    /// The last round trip that was measured, to the microsecond.
    package var lastRTT: Duration? { Self.duration(self.lastRoundTrip) }

    /// The shortest of all.
    package var minimumRTT: Duration? { Self.duration(self.minimumRoundTrip) }

    /// The mean, in which later ones weigh more.
    package var smoothedRTT: Duration? { Self.duration(self.smoothedRoundTrip) }

    /// When the ping was sent whose pong is still to come; `nil` if none is, or if there is an excuse for it.
    package var awaitedSince: Instant? {
        self.state == .awaitingPong ? self.sentAt : nil
    }

    private static func duration(_ microseconds: UInt32) -> Duration? {
        microseconds == 0 ? nil : .microseconds(Int64(microseconds))
    }
}
