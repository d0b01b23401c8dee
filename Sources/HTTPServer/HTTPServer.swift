package import HTTP
import Instruments
package import Reactor

/// HTTP/1.1 on one loop: the state its connections share.
///
/// Lives on its loop. A listener that several loops serve has a server on each.
package final class HTTPServer {
    package let loop: EventLoop
    package let limits: HTTPServerLimits
    let router: HTTPRouter
    let tasks: HTTPTasks
    private var held = HTTPServerCounts()
    private var connections: [ConnectionHandle: HTTPConnection] = [:]
    private(set) var isDraining = false
    private var date = (second: UInt64.max, text: "")

    /// Called with each head that has a route, before its body is read; returning an answer refuses the request.
    package var admission: ((RequestHead, _ pattern: String, SocketAddress) -> HTTPResponse?)?
    /// Called for each rejection, with its reason where there is more to say: an `HTTPError` in the bytes, an
    /// `HTTPMisdirection`, or what the handler threw.
    package var onRejection: ((HTTPRejection, SocketAddress, (any Error)?) -> Void)?

    package init(loop: EventLoop, router: HTTPRouter, limits: HTTPServerLimits = HTTPServerLimits()) {
        loop.assertInside()
        self.loop = loop
        self.router = router
        self.limits = limits
        self.tasks = HTTPTasks(loop: loop, limit: limits.tasks)
    }

    /// Takes an incoming connection; meant as the `accept` of `EventLoop.listen`.
    package func accept(_ socket: AcceptedSocket) -> any SocketHandler {
        let connection = HTTPConnection(server: self, connection: socket.connection, peer: socket.peer)
        self.connections[socket.connection] = connection
        connection.opened()
        return connection
    }

    /// A copy.
    ///
    /// Inside.
    package var counts: HTTPServerCounts {
        self.loop.assertInside()
        return self.held
    }

    /// Connections that speak HTTP, without those that were taken over.
    ///
    /// Inside.
    package var openConnections: Int {
        self.loop.assertInside()
        return self.connections.count
    }

    /// From now on each connection ends after its answer; idle ones end at once.
    ///
    /// Inside.
    package func drain() {
        self.loop.assertInside()
        self.isDraining = true
        for connection in Array(self.connections.values) {
            connection.endIfIdle()
        }
    }

    /// Cancels the handlers that run as tasks, cuts their connections, and waits until they end.
    ///
    /// From any task.
    ///
    /// They are also cancelled, but not waited for, when the loop closes their connections.
    package static func stopTasks(of server: LoopBound<HTTPServer>) async {
        let running = await server.loop.perform { server.value.tasks.cancelAll() }
        for task in running ?? [] {
            await task.value
        }
    }

    // MARK: for connections

    func forget(_ connection: ConnectionHandle) {
        self.connections[connection] = nil
    }

    func countRequest() {
        self.held.requests += 1
    }

    func countHandled() {
        self.held.handled += 1
    }

    func rejected(_ rejection: HTTPRejection, _ peer: SocketAddress, _ error: (any Error)? = nil) {
        self.held.rejections[rejection] += 1
        self.onRejection?(rejection, peer, error)
    }

    /// Created once a second.
    var dateText: String {
        let second = self.loop.wallNanoseconds / 1_000_000_000
        if second != self.date.second {
            self.date = (second, HTTPDate.text(secondsSince1970: second))
        }
        return self.date.text
    }
}

@available(*, unavailable)
extension HTTPServer: Sendable {}
