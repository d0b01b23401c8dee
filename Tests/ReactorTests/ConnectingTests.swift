import Glibc
import TestKit
import Testing

@testable import Reactor

struct ConnectingTests {
    @Test func `an outgoing connection is heard, and what was sent before goes out`() throws {
        let driven = try DrivenLoop()
        let (client, server) = (RecordingHandler(), RecordingHandler())
        let address = try driven.listen { _ in server }
        client.onConnected = { driven.loop.send("second", to: $0) }
        let connection = try driven.loop.connect(to: address, timeout: .seconds(5), handler: client)
        #expect(driven.loop.send("first ", to: connection) == .queued)
        #expect(driven.turn { server.text == "first second" })
        #expect(client.heard.first == .connected)
        #expect(driven.loop.peerAddress(of: connection) == address)
        #expect(try #require(driven.loop.tcpInfo(of: connection)).rtt > .zero)
        driven.end()
    }

    @Test func `a port nobody listens on is refused`() throws {
        let driven = try DrivenLoop()
        let address = try ListeningPort.claim(host: "127.0.0.1", port: 0).address
        let handler = RecordingHandler()
        _ = try driven.loop.connect(to: address, timeout: .seconds(5), handler: handler)
        #expect(handler.heard.isEmpty, "never from within connect")
        #expect(driven.turn { handler.isClosed })
        #expect(handler.heard == [.closed(.connectFailed(errno: ECONNREFUSED))])
        driven.end()
    }

    @Test func `an address that cannot be reached at all is heard too`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try #require(SocketAddress(ip: "255.255.255.255", port: 9))
        _ = try driven.loop.connect(to: address, timeout: .seconds(5), handler: handler)
        #expect(driven.turn { handler.isClosed })
        if case .connectFailed = handler.ending {} else { Issue.record("\(String(describing: handler.ending))") }
        driven.end()
    }

    @Test func `a connection that does not come about in time is given up`() throws {
        let driven = try DrivenLoop()
        // A listener with a full backlog answers nobody.
        let full = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(full) }
        var bound = sockaddr_in()
        bound.sin_family = sa_family_t(AF_INET)
        bound.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &bound) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(full, pointer, length)
                listen(full, 0)
                unsafe getsockname(full, pointer, &length)
            }
        }
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: UInt16(bigEndian: bound.sin_port)))
        var handlers: [RecordingHandler] = []
        for _ in 0..<4 {
            let handler = RecordingHandler()
            handlers.append(handler)
            _ = try driven.loop.connect(to: address, timeout: .milliseconds(50), handler: handler)
        }
        #expect(driven.turn { handlers.contains { $0.ending == .timedOut } })
        driven.end()
    }

    @Test func `a connection closed while it comes about is heard once`() throws {
        let driven = try DrivenLoop()
        let handler = RecordingHandler()
        let address = try driven.listen { _ in RecordingHandler() }
        let first = try driven.loop.connect(to: address, timeout: .seconds(5), handler: handler)
        driven.loop.finish(first, timeout: .seconds(5))
        driven.turn(times: 3)
        #expect(handler.heard == [.closed(.local)])
        driven.end()
    }

    @Test func `a loop that is full says so`() throws {
        let driven = try DrivenLoop(EventLoopConfiguration(maximumConnections: 1))
        _ = try driven.connect(RecordingHandler())
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 9))
        #expect(throws: ReactorError.tooManyConnections) {
            try driven.loop.connect(to: address, timeout: .seconds(1), handler: RecordingHandler())
        }
        driven.end()
    }
}
