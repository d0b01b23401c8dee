import Instruments
import TestKit
import Testing

@testable import Reactor

struct LoopTimersTests {
    @Test func `work comes in the order of its deadlines, then of its scheduling`() {
        var timers = LoopTimers()
        var order: [Int] = []
        for (number, deadline) in [50, 10, 30, 10, 20, 50].enumerated() {
            _ = timers.schedule(at: UInt64(deadline)) { order.append(number) }
        }
        while let work = timers.takeDue(at: 100) {
            work()
        }
        #expect(order == [1, 3, 4, 2, 0, 5])
        #expect(timers.nextDeadline == .max)
    }

    @Test func `cancelled work is not done, and does not pile up`() {
        var timers = LoopTimers()
        var done = 0
        for round in 0..<1000 as Range<UInt64> {
            let token = timers.schedule(at: 1000 + round) { done += 1 }
            timers.cancel(token)
            timers.cancel(token)
        }
        _ = timers.schedule(at: 5000) { done += 100 }
        #expect(timers.count == 1)
        while let work = timers.takeDue(at: 6000) {
            work()
        }
        #expect(done == 100)
    }

    @Test func `work that schedules itself at once does not keep the tick from ending`() throws {
        let driven = try DrivenLoop()
        var rounds = 0
        func again() {
            rounds += 1
            _ = driven.loop.schedule(after: .zero) { again() }
        }
        again()
        driven.turn(times: 3)
        #expect(rounds >= 2 && rounds <= 4)
        driven.end()
    }

    @Test func `the loop sleeps until its next timer and no longer`() throws {
        let driven = try DrivenLoop()
        var fired: Instant?
        let start = driven.loop.now
        _ = driven.loop.schedule(after: .milliseconds(30)) { fired = driven.loop.now }
        #expect(driven.ticks(in: .seconds(1), until: { fired != nil }) < 10)
        let at = try #require(fired)
        #expect(at - start >= .milliseconds(30))
        #expect(at - start < .milliseconds(900))
        driven.end()
    }

    @Test func `a deadline taken away by another's callback in the same tick does not fire`() throws {
        let driven = try DrivenLoop()
        let handlers = [RecordingHandler(), RecordingHandler()]
        var connections: [ConnectionHandle] = []
        for (index, handler) in handlers.enumerated() {
            connections.append(try driven.connect(handler).connection)
            handler.onTimer = { _ in driven.loop.setTimer(connections[1 - index], at: nil) }
            driven.loop.setTimer(connections[index], at: driven.loop.now + .milliseconds(1))
        }
        #expect(driven.turn { handlers.contains { $0.heard == [.timerFired] } })
        _ = driven.ticks(in: .milliseconds(20))
        #expect(handlers.map(\.heard.count).reduce(0, +) == 1)
        driven.end()
    }

    @Test func `a connection's deadline fires once, moves and can be taken away`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let (connection, _) = try driven.connect(handler)
        driven.loop.setTimer(connection, at: driven.loop.now + .seconds(60))
        driven.loop.setTimer(connection, at: driven.loop.now + .milliseconds(5))
        #expect(driven.turn { handler.heard == [.timerFired] })
        driven.loop.setTimer(connection, at: driven.loop.now + .milliseconds(5))
        driven.loop.setTimer(connection, at: nil)
        driven.loop.runTick(waitingAtMost: .milliseconds(30))
        driven.turn(times: 2)
        #expect(handler.heard == [.timerFired])
        driven.end()
    }
}
