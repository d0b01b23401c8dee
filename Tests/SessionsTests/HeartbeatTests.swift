import Instruments
import Sessions
import Testing

@Suite struct HeartbeatTests {
    let start = Instant(nanoseconds: 1_000_000_000_000)

    func heartbeat(spread: Double = 0.5) -> Heartbeat {
        Heartbeat(interval: .seconds(25), timeout: .seconds(20), openedAt: self.start, spread: spread, payload: 7)
    }

    @Test(arguments: [(0, 0), (0.5, 12.5), (1, 25), (-3, 0), (9, 25)])
    func `the first ping falls where the spread says`(_ spread: Double, _ seconds: Double) {
        var heartbeat = self.heartbeat(spread: spread)
        let due = self.start + .seconds(seconds)
        #expect(heartbeat.deadline == due)
        if seconds > 0 {
            #expect(heartbeat.tick(at: self.start, received: 0) == .wait(until: due))
        }
        #expect(heartbeat.tick(at: due, received: 0) == .ping(payload: 8, until: due + .seconds(20)))
    }

    @Test func `a pong gives the round trip and the next ping keeps the interval`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0)
        let pong = heartbeat.pong(8, at: self.start + .milliseconds(30))
        #expect(pong == .milliseconds(30))
        #expect(heartbeat.lastRTT == .milliseconds(30))
        #expect(heartbeat.deadline == self.start + .seconds(25))
        #expect(
            heartbeat.tick(at: self.start + .seconds(25), received: 0)
                == .ping(payload: 9, until: self.start + .seconds(45))
        )
    }

    @Test func `a client that does not answer its ping is given up on`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0)
        #expect(heartbeat.tick(at: self.start + .seconds(19), received: 0) == .wait(until: self.start + .seconds(20)))
        #expect(heartbeat.tick(at: self.start + .seconds(20), received: 0) == .giveUp)
    }

    @Test func `it knows the last round trip, and keeps no more room for it than it had`() {
        #expect(MemoryLayout<Heartbeat>.size <= 64)
        var heartbeat = self.heartbeat(spread: 0)
        #expect(heartbeat.lastRTT == nil)
        for (number, trip) in [Duration.microseconds(250), .nanoseconds(3), .seconds(9000)].enumerated() {
            let sent = heartbeat.deadline
            _ = heartbeat.tick(at: sent, received: 0)
            #expect(heartbeat.lastRTT == (number == 0 ? nil : .microseconds([250, 1][number - 1])))
            _ = heartbeat.pong(UInt64(8 + number), at: sent + trip)
        }
        #expect(heartbeat.lastRTT == .microseconds(Int64(UInt32.max)))
    }

    @Test func `a pong nobody asked for says nothing`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(heartbeat.pong(8, at: self.start) == nil)
        _ = heartbeat.tick(at: self.start, received: 0)
        #expect(heartbeat.pong(99, at: self.start + .seconds(1)) == nil)
        #expect(heartbeat.pong(8, at: self.start + .seconds(2)) == .seconds(2))
        #expect(heartbeat.pong(8, at: self.start + .seconds(3)) == nil)
    }

    @Test func `a client that is not read is not given up on, and its time begins anew`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0)
        heartbeat.pause()
        #expect(heartbeat.tick(at: self.start + .seconds(20), received: 0) == .wait(until: self.start + .seconds(40)))
        #expect(heartbeat.deadline == self.start + .seconds(40))
        heartbeat.resume(at: self.start + .seconds(35))
        #expect(heartbeat.deadline == self.start + .seconds(55))
        #expect(heartbeat.tick(at: self.start + .seconds(54), received: 0) == .wait(until: self.start + .seconds(55)))
        #expect(heartbeat.tick(at: self.start + .seconds(55), received: 0) == .giveUp)
    }

    @Test func `a pong that we did not read at once is an answer, but no round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 0)
        heartbeat.pause()
        heartbeat.resume(at: self.start + .seconds(10))
        #expect(heartbeat.pong(8, at: self.start + .seconds(10)) == nil)
        #expect(heartbeat.deadline == self.start + .seconds(25))
        heartbeat.pause()
        #expect(
            heartbeat.tick(at: self.start + .seconds(25), received: 0)
                == .ping(payload: 9, until: self.start + .seconds(45))
        )
        heartbeat.resume(at: self.start + .seconds(26))
        #expect(heartbeat.pong(9, at: self.start + .seconds(27)) == nil)
        #expect(
            heartbeat.tick(at: self.start + .seconds(50), received: 0)
                == .ping(payload: 10, until: self.start + .seconds(70))
        )
        #expect(heartbeat.pong(10, at: self.start + .seconds(51)) == .seconds(1))
    }

    @Test func `whoever sends anything lives, and a pong that comes after that is no round trip`() {
        var heartbeat = self.heartbeat(spread: 0)
        #expect(heartbeat.tick(at: self.start, received: 500) == .ping(payload: 8, until: self.start + .seconds(20)))
        // A long message comes in slowly: each time some of it.
        for (number, seconds) in [20, 40, 60].enumerated() {
            let next = self.start + .seconds(seconds + 20)
            let received = UInt64(501 + number)
            #expect(heartbeat.tick(at: self.start + .seconds(seconds), received: received) == .wait(until: next))
        }
        #expect(heartbeat.pong(8, at: self.start + .seconds(65)) == nil)
        #expect(heartbeat.tick(at: self.start + .seconds(65), received: 600) != .giveUp)
    }

    @Test func `whoever sends nothing more is given up on after all`() {
        var heartbeat = self.heartbeat(spread: 0)
        _ = heartbeat.tick(at: self.start, received: 500)
        #expect(heartbeat.tick(at: self.start + .seconds(20), received: 501) == .wait(until: self.start + .seconds(40)))
        #expect(heartbeat.tick(at: self.start + .seconds(40), received: 501) == .giveUp)
    }
}
