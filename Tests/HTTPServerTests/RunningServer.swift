import Foundation
import HTTP
import HTTPServer
import Reactor
import TestKit

/// A server on a loop with a thread of its own, for handlers that run as tasks.
final class RunningServer: Sendable {
    let loop: EventLoop
    let server: LoopBound<HTTPServer>
    let port: UInt16

    init(limits: HTTPServerLimits = HTTPServerLimits(), _ routes: (inout HTTPRouter) -> Void) throws {
        var router = HTTPRouter()
        routes(&router)
        let loop = try EventLoop(index: 0, name: "http-test", configuration: EventLoopConfiguration())
        let server = HTTPServer(loop: loop, router: router, limits: limits)
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        try loop.listen(try port.open()) { server.accept($0) }
        self.loop = loop
        self.server = LoopBound(server, on: loop)
        self.port = port.address.port
        loop.start()
    }

    /// Ends the loop and waits for its thread; every test does.
    func end() {
        self.loop.stop()
        self.loop.join()
    }

    func ask(_ text: String) async throws -> String {
        let client = try Client(port: self.port)
        client.send(text)
        return String(decoding: await client.receive(), as: UTF8.self)
    }

    func counts() async -> HTTPServerCounts {
        await self.loop.perform { self.server.value.counts } ?? HTTPServerCounts()
    }
}

/// A blocking socket whose waiting is done on threads of its own, since the tests' pool is as small as the machine.
final class Client: Sendable {
    private let descriptor: Int32

    init(port: UInt16, receiveBuffer: Int? = nil) throws {
        self.descriptor = try Peer(to: port, receiveBuffer: receiveBuffer).release()
        let flags = fcntl(self.descriptor, F_GETFL)
        _ = fcntl(self.descriptor, F_SETFL, flags & ~O_NONBLOCK)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(self.descriptor)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        let sent = unsafe Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        precondition(sent == bytes.count, "a request fits the socket's buffer")
    }

    /// What comes until the other side ends, or nothing came for twenty seconds.
    func receive() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var received: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 256 * 1024)
                while true {
                    let count = unsafe recv(self.descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    received += buffer.prefix(count)
                }
                continuation.resume(returning: received)
            }
        }
    }
}
