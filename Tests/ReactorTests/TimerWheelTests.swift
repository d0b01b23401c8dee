import TestKit
import Testing

@testable import Reactor

struct TimerWheelTests {
    private static let width: UInt64 = 1 << 22

    /// A slab with so many open places.
    private static func slab(_ count: Int) throws -> Slab {
        let slab = try Slab(capacity: count)
        for _ in 0..<count {
            _ = slab.open(at: 0)
        }
        return slab
    }

    @Test(arguments: [
        0, 1, 4_194_303, 4_194_304, 4_194_305, 20_000_000, 1_000_000_000, 25_000_000_000,
        86_400_000_000_000, 40_000_000_000_000_000,
    ])
    func `a deadline is never early and at most two widths late`(delay: UInt64) throws {
        let slab = try Self.slab(1)
        let start: UInt64 = 123_456_789_012_345
        var wheel = TimerWheel(now: start)
        wheel.set(0, at: start + delay, in: slab)
        var due: [ConnectionHandle] = []
        var looks = 0
        while due.isEmpty, looks < 100 {
            let look = wheel.nextLook
            #expect(look != TimerWheel.never)
            if delay > 0 {
                wheel.advance(to: min(look - 1, start + delay - 1), in: slab, due: &due)
                #expect(due.isEmpty)
            }
            wheel.advance(to: look, in: slab, due: &due)
            looks += 1
            if !due.isEmpty {
                #expect(look >= start + delay && look <= start + delay + 2 * Self.width)
            }
        }
        #expect(due == [ConnectionHandle(slot: 0, generation: 1)])
        #expect(wheel.nextLook == TimerWheel.never)
    }

    @Test func `deadlines set, moved and taken away at random fire when a plain list says`() throws {
        var random = SeededGenerator()
        let slab = try Self.slab(200)
        var now: UInt64 = 5_000_000_000
        var wheel = TimerWheel(now: now)
        var model: [UInt32: UInt64] = [:]
        var fired = 0
        for _ in 0..<20_000 {
            let slot = UInt32.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let exponent = Int.random(in: 0..<42, using: &random)
                let deadline = now + UInt64.random(in: 0...(1 << UInt64(exponent)), using: &random)
                wheel.set(slot, at: deadline, in: slab)
                model[slot] = deadline
            case 6:
                wheel.set(slot, at: TimerWheel.never, in: slab)
                model[slot] = nil
            default:
                now += UInt64.random(in: 0...(1 << UInt64(Int.random(in: 0..<36, using: &random))), using: &random)
                var due: [ConnectionHandle] = []
                wheel.advance(to: now, in: slab, due: &due)
                for handle in due {
                    let deadline = model.removeValue(forKey: handle.slot)
                    #expect(deadline.map { $0 <= now } == true, "only what was set fires, and not early")
                    fired += 1
                }
                #expect(model.values.allSatisfy { $0 + 2 * Self.width > now }, "nothing is left behind")
                #expect(model.values.min().map { wheel.nextLook <= $0 + 2 * Self.width } ?? true)
            }
        }
        #expect(fired > 1000)
    }

    @Test func `a deadline moved back by every message costs no second place and fires once`() throws {
        let slab = try Self.slab(1)
        var wheel = TimerWheel(now: 0)
        var due: [ConnectionHandle] = []
        for step in 1...1000 as ClosedRange<UInt64> {
            wheel.set(0, at: step * 10_000_000 + 1_000_000_000, in: slab)
            wheel.advance(to: step * 10_000_000, in: slab, due: &due)
            #expect(due.isEmpty)
        }
        wheel.advance(to: 12_000_000_000, in: slab, due: &due)
        #expect(due.count == 1)
    }
}
