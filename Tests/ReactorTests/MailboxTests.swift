import Glibc
import Instruments
import TestKit
import Testing

@testable import Reactor

struct MailboxTests {
    @Test(.timeLimit(.minutes(1)))
    func `posted work runs on the loop's thread in the order of posting`() async throws {
        let loop = try EventLoop(index: 0, name: "mailbox", configuration: EventLoopConfiguration())
        loop.start()
        let seen = Lock<[Int]>([])
        for number in 0..<10_000 {
            loop.execute {
                loop.assertInside()
                seen.withLock { $0.append(number) }
            }
        }
        #expect(await loop.perform { EventLoop.current === loop } == true)
        #expect(seen.withLock { $0 } == Array(0..<10_000))
        loop.stop()
        loop.join()
    }

    @Test(.timeLimit(.minutes(1)))
    func `every thread's own order is kept`() async throws {
        let loop = try EventLoop(index: 0, name: "mailbox", configuration: EventLoopConfiguration())
        loop.start()
        let seen = Lock<[[Int]]>(Array(repeating: [], count: 4))
        await withTaskGroup { group in
            for poster in 0..<4 {
                group.addTask {
                    for number in 0..<2000 {
                        loop.execute { seen.withLock { $0[poster].append(number) } }
                    }
                }
            }
        }
        _ = await loop.perform {}
        #expect(seen.withLock { $0 } == Array(repeating: Array(0..<2000), count: 4))
        loop.stop()
        loop.join()
    }

    @Test func `a batch wakes the loop once`() throws {
        let mailbox = try Mailbox()
        #expect(mailbox.beginWaiting())
        for _ in 0..<100 {
            #expect(mailbox.post {})
        }
        var count: UInt64 = 0
        #expect(unsafe read(mailbox.wakeUp, &count, 8) == 8)
        #expect(count == 1)
        #expect(mailbox.take().count == 100)
        #expect(mailbox.post {})
        #expect(unsafe read(mailbox.wakeUp, &count, 8) == -1, "a loop that works is not woken")
        #expect(!mailbox.beginWaiting(), "nor does it wait with work posted")
    }

    @Test func `work posted by work runs in the next tick, without a wait`() throws {
        let driven = try DrivenLoop()
        let loop = driven.loop
        let order = Lock<[Int]>([])
        loop.execute {
            order.withLock { $0.append(1) }
            loop.execute { order.withLock { $0.append(2) } }
        }
        loop.runTick()
        #expect(order.withLock { $0 } == [1])
        loop.runTick(waitingAtMost: .seconds(20))
        #expect(order.withLock { $0 } == [1, 2])
        driven.end()
    }

    @Test func `a loop that has ended refuses work and answers nobody`() async throws {
        let loop = try EventLoop(index: 0, name: "mailbox", configuration: EventLoopConfiguration())
        loop.start()
        let ran = Lock(false)
        loop.stop()
        loop.execute { ran.withLock { $0 = true } }
        loop.join()
        #expect(!loop.execute {})
        #expect(await loop.perform { 1 } == nil)
    }

    @Test func `work posted before the end runs, also while the loop ends`() throws {
        let driven = try DrivenLoop()
        let ran = Lock(0)
        driven.loop.stop()
        driven.loop.execute { ran.withLock { $0 += 1 } }
        driven.loop.runTick()
        #expect(ran.withLock { $0 } == 1)
        #expect(!driven.loop.execute {})
    }

    @Test func `what is bound to a loop is had there`() async throws {
        let loop = try EventLoop(index: 0, name: "mailbox", configuration: EventLoopConfiguration())
        let bound = LoopBound(RecordingHandler(), on: loop)
        loop.start()
        #expect(await loop.perform { bound.value.heard.count } == 0)
        loop.stop()
        loop.join()
    }

    @Test func `what is bound to a loop is not had elsewhere`() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop(index: 0, name: "mailbox", configuration: EventLoopConfiguration())
            let bound = LoopBound(1, on: loop)
            loop.start()
            print(bound.value)
            exit(0)
        }
    }
}
