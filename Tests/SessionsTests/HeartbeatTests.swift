import Instruments
import Sessions
import Testing

@Suite struct HeartbeatTests {
    let start = Instant(nanoseconds: 1_000_000_000_000)
    let pace = HeartbeatPace(interval: .seconds(25), timeout: .seconds(20))

    func heartbeat(spread: Double = 0.5) -> Heartbeat {
        Heartbeat(pace: self.pace, openedAt: self.start, spread: spread, payload: 7)
    }

    @Test(arguments: [(0, 0), (0.5, 12.5), (1, 25), (-3, 0), (9, 25)])
    func `the first ping falls where the spread says`(_ spread: Double, _ seconds: Double) {
        var heartbeat = self.heartbeat(spread: spread)
        let due = self.start + .seconds(seconds)
        #expect(heartbeat.deadline == due)
        if seconds > 0 {
            #expect(heartbeat.tick(at: self.start, received: 0, pace: self.pace) == .wait(until: due))
        }
        #expect(heartbeat.tick(at: due, received: 0, pace: self.pace) == .ping(payload: 8, until: due + .seconds(20)))
    }

    @Test func `a pong gives the round trip and the next ping keeps the interval`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        let pong = heartbeat.pong(8, at: self.start + .milliseconds(30), pace: self.pace)
        #expect(pong == .milliseconds(30))
        #expect(heartbeat.lastRTT == .milliseconds(30))
        #expect(heartbeat.deadline == self.start + .seconds(25))
        #expect(
            heartbeat.tick(at: self.start + .seconds(25), received: 0, pace: self.pace)
                == .ping(payload: 9, until: self.start + .seconds(45))
        )
    }

    @Test func `a client that does not answer its ping is given up on`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        #expect(
            heartbeat.tick(at: self.start + .seconds(19), received: 0, pace: self.pace)
                == .wait(until: self.start + .seconds(20))
        )
        #expect(heartbeat.tick(at: self.start + .seconds(20), received: 0, pace: self.pace) == .giveUp)
    }

    @Test func `it is 40 bytes, 38 of them used, and as many where there may be none`() {
        #expect(MemoryLayout<Heartbeat>.size == 38)
        #expect(MemoryLayout<Heartbeat?>.size == 38)
        #expect(MemoryLayout<Heartbeat>.stride == 40)
    }

    @Test func `it knows the last, the shortest and the smoothed round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(self.trips(heartbeat) == [nil, nil, nil])
        // 7/8 of what it was and 1/8 of the new one, rounded to the nearest microsecond.
        let cases: [(trip: Duration, last: Int, minimum: Int, smoothed: Int)] = [
            (.microseconds(800), 800, 800, 800),
            (.microseconds(1600), 1600, 800, 900),
            (.microseconds(100), 100, 100, 800),
            (.nanoseconds(804_999), 804, 100, 801),
            (.nanoseconds(3), 1, 1, 701),
        ]
        for (trip, last, minimum, smoothed) in cases {
            self.measure(&heartbeat, trip)
            #expect(self.trips(heartbeat) == [last, minimum, smoothed].map { .microseconds($0) })
        }
    }

    @Test func `a round trip of more than 71 minutes counts as that`() {
        var heartbeat = self.heartbeat(spread: 0)
        self.measure(&heartbeat, .seconds(9000))
        let longest = Duration.microseconds(Int64(UInt32.max))
        #expect(self.trips(heartbeat) == [longest, longest, longest])
        self.measure(&heartbeat, .seconds(9000))
        #expect(self.trips(heartbeat) == [longest, longest, longest])
        self.measure(&heartbeat, .zero)
        #expect(self.trips(heartbeat) == [.microseconds(1), .microseconds(1), .microseconds(3_758_096_383)])
    }

    @Test func `a pong that says nothing about the way changes no round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        self.measure(&heartbeat, .milliseconds(5))
        _ = heartbeat.tick(at: heartbeat.deadline, received: 0, pace: self.pace)
        heartbeat.pause()
        #expect(heartbeat.pong(9, at: self.start + .seconds(26), pace: self.pace) == nil)
        #expect(self.trips(heartbeat) == [.milliseconds(5), .milliseconds(5), .milliseconds(5)])
    }

    @Test func `it says since when a pong is awaited, unless there is an excuse`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(heartbeat.awaitedSince == nil)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        #expect(heartbeat.awaitedSince == self.start)
        _ = heartbeat.tick(at: self.start + .seconds(3), received: 0, pace: self.pace)
        #expect(heartbeat.awaitedSince == self.start)
        _ = heartbeat.tick(at: self.start + .seconds(20), received: 1, pace: self.pace)
        #expect(heartbeat.awaitedSince == nil)
        _ = heartbeat.pong(8, at: self.start + .seconds(21), pace: self.pace)
        #expect(heartbeat.awaitedSince == nil)
    }

    @Test func `only the lower half of the first payload is counted on from`() {
        var heartbeat = Heartbeat(pace: self.pace, openedAt: self.start, spread: 0, payload: .max)
        let ping = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        #expect(ping == .ping(payload: 0, until: self.start + .seconds(20)))
        #expect(heartbeat.pong(1 << 32, at: self.start, pace: self.pace) == nil)
        #expect(heartbeat.pong(0, at: self.start + .seconds(1), pace: self.pace) == .seconds(1))
    }

    /// Sends the ping that is due and answers it.
    private func measure(_ heartbeat: inout Heartbeat, _ trip: Duration) {
        let sent = heartbeat.deadline
        guard case .ping(let payload, _) = heartbeat.tick(at: sent, received: 0, pace: self.pace) else {
            Issue.record("no ping was due")
            return
        }
        _ = heartbeat.pong(payload, at: sent + trip, pace: self.pace)
    }

    private func trips(_ heartbeat: Heartbeat) -> [Duration?] {
        [heartbeat.lastRTT, heartbeat.minimumRTT, heartbeat.smoothedRTT]
    }

    @Test func `a pong nobody asked for says nothing`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(heartbeat.pong(8, at: self.start, pace: self.pace) == nil)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        #expect(heartbeat.pong(99, at: self.start + .seconds(1), pace: self.pace) == nil)
        #expect(heartbeat.pong(8, at: self.start + .seconds(2), pace: self.pace) == .seconds(2))
        #expect(heartbeat.pong(8, at: self.start + .seconds(3), pace: self.pace) == nil)
    }

    @Test func `a client that is not read is not given up on, and its time begins anew`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        heartbeat.pause()
        #expect(
            heartbeat.tick(at: self.start + .seconds(20), received: 0, pace: self.pace)
                == .wait(until: self.start + .seconds(40))
        )
        #expect(heartbeat.deadline == self.start + .seconds(40))
        heartbeat.resume(at: self.start + .seconds(35), pace: self.pace)
        #expect(heartbeat.deadline == self.start + .seconds(55))
        #expect(
            heartbeat.tick(at: self.start + .seconds(54), received: 0, pace: self.pace)
                == .wait(until: self.start + .seconds(55))
        )
        #expect(heartbeat.tick(at: self.start + .seconds(55), received: 0, pace: self.pace) == .giveUp)
    }

    @Test func `a pong that we did not read at once is an answer, but no round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0, pace: self.pace)
        heartbeat.pause()
        heartbeat.resume(at: self.start + .seconds(10), pace: self.pace)
        #expect(heartbeat.pong(8, at: self.start + .seconds(10), pace: self.pace) == nil)
        #expect(heartbeat.deadline == self.start + .seconds(25))
        heartbeat.pause()
        #expect(
            heartbeat.tick(at: self.start + .seconds(25), received: 0, pace: self.pace)
                == .ping(payload: 9, until: self.start + .seconds(45))
        )
        heartbeat.resume(at: self.start + .seconds(26), pace: self.pace)
        #expect(heartbeat.pong(9, at: self.start + .seconds(27), pace: self.pace) == nil)
        #expect(
            heartbeat.tick(at: self.start + .seconds(50), received: 0, pace: self.pace)
                == .ping(payload: 10, until: self.start + .seconds(70))
        )
        #expect(heartbeat.pong(10, at: self.start + .seconds(51), pace: self.pace) == .seconds(1))
    }

    @Test func `whoever sends anything lives, and a pong that comes after that is no round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(
            heartbeat.tick(at: self.start, received: 500, pace: self.pace)
                == .ping(payload: 8, until: self.start + .seconds(20))
        )
        // A long message comes in slowly: each time some of it.
        for (number, seconds) in [20, 40, 60].enumerated() {
            let next = self.start + .seconds(seconds + 20)
            let received = UInt64(501 + number)
            #expect(
                heartbeat.tick(at: self.start + .seconds(seconds), received: received, pace: self.pace)
                    == .wait(until: next)
            )
        }
        #expect(heartbeat.pong(8, at: self.start + .seconds(65), pace: self.pace) == nil)
        #expect(heartbeat.tick(at: self.start + .seconds(65), received: 600, pace: self.pace) != .giveUp)
    }

    @Test func `whoever sends nothing more is given up on after all`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 500, pace: self.pace)
        #expect(
            heartbeat.tick(at: self.start + .seconds(20), received: 501, pace: self.pace)
                == .wait(until: self.start + .seconds(40))
        )
        #expect(heartbeat.tick(at: self.start + .seconds(40), received: 501, pace: self.pace) == .giveUp)
    }
}
