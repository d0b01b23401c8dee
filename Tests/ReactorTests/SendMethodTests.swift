import Glibc
import TestKit
import Testing

@testable import Reactor

/// What becomes of `sends` where the kernel has no io_uring for us, as under a container's usual seccomp filter.
struct SendMethodTests {
    @Test func `a ring that is not to be had is an error where it was demanded, and else send does its work`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            guard Seccomp.denyRings() else { exit(2) }
            do throws(ReactorError) {
                _ = try EventLoop(index: 0, name: "x", configuration: EventLoopConfiguration(sends: .ioUring))
                exit(3)
            } catch {
                guard error == .ioUringUnavailable(errno: EPERM) else { exit(4) }
            }
            try Seccomp.deliver(with: DrivenLoop(EventLoopConfiguration(sends: .auto)))
        }
    }

    @Test func `a ring that is refused after all leaves the loop with send`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let driven = try DrivenLoop(EventLoopConfiguration(sends: .auto))
            guard Seccomp.denyRings() else { exit(2) }
            try Seccomp.deliver(with: driven)
        }
    }

    @Test func `nothing is asked of the kernel where send was chosen`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(sends: .send))
        driven.turn()
        #expect(driven.loop.sendMethod == .send && driven.loop.ring == nil)
        driven.end()
    }
}

private enum Seccomp {
    /// Has this thread's `io_uring_setup` fail with EPERM from here on.
    static func denyRings() -> Bool {
        typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let symbol = unsafe dlsym(nil, "prctl") else { return false }
        let control = unsafe unsafeBitCast(symbol, to: Control.self)
        // BPF: load the call's number; where it is 425, answer EPERM; allow the rest.
        let filter: [(UInt16, UInt8, UInt8, UInt32)] = [
            (0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x0005_0001), (0x06, 0, 0, 0x7fff_0000),
        ]
        return unsafe filter.withUnsafeBufferPointer { filter in
            var program = (UInt(filter.count), UInt(bitPattern: filter.baseAddress))
            return unsafe withUnsafePointer(to: &program) { program in
                control(38, 1, 0, 0, 0) == 0 && control(22, 2, UInt(bitPattern: program), 0, 0) == 0
            }
        }
    }

    /// Ends the process where a loop without a ring does not deliver.
    static func deliver(with driven: DrivenLoop) throws {
        driven.turn()
        var peers: [Peer] = []
        var members: [ConnectionHandle] = []
        for _ in 0..<8 {
            let (member, peer) = try driven.connect(RecordingHandler())
            members.append(member)
            peers.append(peer)
        }
        driven.loop.deliver([Delivery(batch: SendBatch(lane: 1, [[7]]), members: members, source: 0)])
        guard driven.loop.sendMethod == .send, peers.allSatisfy({ $0.receive() == [7] }) else { exit(5) }
        driven.end()
    }
}
