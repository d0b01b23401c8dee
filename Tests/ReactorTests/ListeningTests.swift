import Glibc
import Instruments
import TestKit
import Testing

@testable import Reactor

struct ListeningTests {
    @Test func `a taken port is found, whoever holds it`() throws {
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let driven = try DrivenLoop()
        let socket = try port.open()
        try driven.loop.listen(socket) { _ in nil }
        let number = port.address.port
        #expect(number != 0)
        #expect(throws: ReactorError.addressInUse(port.address)) {
            _ = try ListeningPort.claim(host: "127.0.0.1", port: number)
        }
        #expect(throws: ReactorError.self) { _ = try ListeningPort.claim(host: nil, port: number) }
        driven.end()
        _ = try ListeningPort.claim(host: "127.0.0.1", port: number)
    }

    @Test func `several loops share a port, and each connection comes to one of them`() throws {
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        let loops = [try DrivenLoop(), try DrivenLoop(), try DrivenLoop()]
        for driven in loops {
            let socket = try port.open()
            try driven.loop.listen(socket) { _ in RecordingHandler() }
        }
        let peers = try (0..<60).map { _ in try Peer(to: port.address.port) }
        let isAccepted = loops[0].turn {
            loops[1].turn()
            loops[2].turn()
            return loops.map { $0.loop.snapshot().accepted }.reduce(0, +) == 60
        }
        #expect(isAccepted)
        #expect(loops.filter { $0.loop.snapshot().open > 0 }.count >= 2, "the kernel spreads them")
        #expect(peers.count == 60)
        for driven in loops {
            driven.end()
        }
    }

    @Test func `all addresses means IPv6 and IPv4, and the peer is shown as what it is`() throws {
        var port = try ListeningPort.claim(host: nil, port: 0)
        let driven = try DrivenLoop()
        let socket = try port.open()
        var peers: [SocketAddress] = []
        try driven.loop.listen(socket) { socket in
            peers.append(socket.peer)
            return RecordingHandler()
        }
        let peer = try Peer(to: port.address.port)
        let handler = RecordingHandler()
        var expected = 1
        if port.address.isIPv6, let six = SocketAddress(ip: "::1", port: port.address.port) {
            _ = try driven.loop.connect(to: six, timeout: .seconds(5), handler: handler)
            expected = 2
        }
        #expect(driven.turn { peers.count == expected })
        #expect(peers.contains { $0.ip == "127.0.0.1" })
        #expect(expected == 1 || peers.contains { $0.ip == "::1" })
        #expect(peer.receive() == [])
        driven.end()
    }

    @Test func `a literal that is none is refused before the kernel is asked`() {
        #expect(throws: ReactorError.invalidAddress("localhost")) {
            _ = try ListeningPort.claim(host: "localhost", port: 0)
        }
    }

    @Test func `a storm is taken in bounded pieces, and those who are there are served meanwhile`() throws {
        let driven = try DrivenLoop()
        let served = RecordingHandler()
        let address = try driven.listen { _ in RecordingHandler() }
        let (_, early) = try driven.connect(served)
        let peers = try (0..<500).map { _ in try Peer(to: address.port) }
        early.send("hello")
        driven.turn()
        #expect(driven.loop.snapshot().accepted == 64)
        #expect(served.text == "hello")
        #expect(driven.turn { driven.loop.snapshot().accepted == 500 })
        #expect(peers.allSatisfy { $0.receive() == [] })
        driven.end()
    }

    @Test func `a connection that is not wanted is closed`() throws {
        let driven = try DrivenLoop()
        let address = try driven.listen { _ in nil }
        let peer = try Peer(to: address.port)
        #expect(peer.receiveAll(turning: driven) == [])
        #expect(driven.loop.snapshot().refused == 1)
        #expect(driven.loop.snapshot().open == 0)
        driven.end()
    }

    @Test func `whoever accepts may answer and set a timer at once`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try driven.listen { socket in
            driven.loop.send("hello", to: socket.connection)
            driven.loop.setTimer(socket.connection, at: driven.loop.now + .milliseconds(10))
            return handler
        }
        let peer = try Peer(to: address.port)
        #expect(driven.turn { handler.heard == [.timerFired] })
        #expect(peer.receive() == Array("hello".utf8))
        driven.end()
    }

    @Test func `a full loop turns connections away and takes them again`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(maximumConnections: 2))
        var failures: [AcceptFailure] = []
        let address = try driven.listen(failed: { failures.append($0) }, accept: { _ in RecordingHandler() })
        let peers = try (0..<3).map { _ in try Peer(to: address.port) }
        #expect(driven.turn { !failures.isEmpty })
        #expect(failures.first?.errno == 0)
        #expect(driven.loop.snapshot().open == 2)
        #expect(driven.turn { peers.filter { $0.receive() == nil }.count == 1 })
        peers[0].close()
        let late = try Peer(to: address.port)
        #expect(driven.turn { driven.loop.snapshot().accepted == 3 })
        #expect(late.receive() == [])
        driven.end()
    }

    @Test func `a full loop in which one has just ended has room in the next tick and turns nobody away`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(maximumConnections: 1))
        var handlers: [RecordingHandler] = []
        let address = try driven.listen { _ in
            let handler = RecordingHandler()
            handler.use = { _, connection, bytes in
                driven.loop.close(connection)
                return bytes.count
            }
            handlers.append(handler)
            return handler
        }
        let first = try Peer(to: address.port)
        #expect(driven.turn { handlers.count == 1 })
        // A wait with nothing to tell, so that events come in the order of what follows: the end before the connection.
        driven.turn()
        first.send("x")
        let second = try Peer(to: address.port)
        driven.turn()
        #expect(handlers[0].isClosed && handlers.count == 1)
        driven.turn()
        #expect(handlers.count == 2)
        #expect(driven.loop.snapshot().refused == 0 && driven.loop.snapshot().acceptFailures == 0)
        #expect(second.receive() == [])
        driven.end()
    }

    @Test func `one closed by the very call that takes it hears so, once, with its numbers`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try driven.listen { socket in
            driven.loop.send("no", to: socket.connection)
            driven.loop.close(socket.connection)
            return handler
        }
        let peer = try Peer(to: address.port)
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.local)])
        #expect(handler.final?.bytesSent == 2)
        #expect(driven.turn { peer.receive() == nil })
        driven.end()
    }

    @Test func `listening ends and connections stay`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try driven.listen { _ in handler }
        let peer = try Peer(to: address.port)
        #expect(driven.turn { driven.loop.snapshot().open == 1 })
        driven.loop.stopListening()
        #expect(throws: (any Error).self) { try Peer(to: address.port) }
        peer.send("still here")
        #expect(driven.turn { handler.text == "still here" })
        driven.end()
    }

    @Test func `without descriptors the listener rests, says so, and takes connections again`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            try DescriptorFamine.run()
        }
    }

    @Test func `clients leave the descriptors that are kept back`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            try DescriptorFamine.runWithReserve()
        }
    }
}

/// A process that runs out of descriptors while clients keep coming.
private enum DescriptorFamine {
    /// Clients that take all but the descriptors that are kept back from them.
    static func runWithReserve() throws {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // A small table, so that its end is near, whatever was inherited.
        let lowest = dup(0)
        close(lowest)
        limit.rlim_cur = min(limit.rlim_max, rlim_t(lowest + 200))
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let driven = try DrivenLoop(EventLoopConfiguration(descriptorsKeptBack: 100))
        var failures: [AcceptFailure] = []
        let address = try driven.listen(failed: { failures.append($0) }, accept: { _ in RecordingHandler() })
        // The peers' own ends are descriptors of this process too, and come first.
        let peers = try (0..<60).map { _ in try Peer(to: address.port) }
        try expect(driven.turn { !failures.isEmpty }, "it is reported")
        try expect(failures[0].errno == EMFILE && failures[0].shed > 0, "as a lack of descriptors, and some are told")
        let isOver = driven.turn {
            let snapshot = driven.loop.snapshot()
            return snapshot.accepted + snapshot.refused == 60
        }
        try expect(isOver, "all were accepted or told")
        let next = dup(0)
        close(next)
        try expect(next >= lowest + 100, "clients may have what is not kept back")
        try expect(driven.loop.snapshot().accepted > 0, "clients may have some")
        // Those kept back are there for others.
        let rest = (0..<90).map { _ in dup(0) }
        try expect(rest.allSatisfy { $0 >= 0 }, "the others have what was kept back")
        for one in rest { close(one) }
        let open = peers.filter { $0.receive() != nil }.count
        try expect(open == driven.loop.snapshot().open, "the others are told")
        driven.end()
    }

    static func run() throws {
        let driven = try DrivenLoop()
        var failures: [AcceptFailure] = []
        let served = RecordingHandler()
        let (_, early) = try driven.connect(served)
        let address = try driven.listen(failed: { failures.append($0) }, accept: { _ in RecordingHandler() })
        let peers = try (0..<40).map { _ in try Peer(to: address.port) }
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let all = limit.rlim_cur
        let highest = dup(0)
        close(highest)
        // At most five more can be opened.
        limit.rlim_cur = rlim_t(highest + 5)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try expect(driven.turn { !failures.isEmpty }, "it is reported")
        try expect(failures[0].errno == EMFILE, "with its reason")
        try expect((1...16).contains(failures[0].shed), "some are told, by means of the spare")
        let taken = driven.loop.snapshot().accepted
        try expect(taken <= 5 && driven.loop.snapshot().open == taken + 1, "what could be taken is kept")
        try expect(driven.loop.snapshot().acceptFailures == 1, "it is counted")
        early.send("hello")
        driven.turn()
        try expect(served.text == "hello", "who is there is served")
        try expect(driven.ticks(in: .milliseconds(60)) < 200, "a resting listener does not spin")
        try expect(driven.turn { failures.count >= 2 }, "and looks again")
        limit.rlim_cur = all
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let late = try Peer(to: address.port)
        late.send("x")
        let isOver = driven.turn {
            let snapshot = driven.loop.snapshot()
            return snapshot.accepted + snapshot.refused == 41
        }
        try expect(isOver && driven.loop.snapshot().accepted > taken, "it takes connections again")
        let open = (peers + [late]).filter { $0.receive() != nil }.count
        try expect(UInt64(open) == driven.loop.snapshot().accepted, "each was either taken or told")
        driven.end()
    }

    private static func expect(_ condition: Bool, _ promise: String) throws {
        if !condition {
            print("not kept: \(promise)")
            exit(1)
        }
    }
}
