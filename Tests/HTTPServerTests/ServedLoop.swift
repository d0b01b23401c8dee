import HTTP
import HTTPServer
import Instruments
import Reactor
import TestKit

/// A server on a loop that the test turns, behind a port of its own.
final class ServedLoop {
    let driven: DrivenLoop
    let server: HTTPServer
    let port: UInt16

    init(
        limits: HTTPServerLimits = HTTPServerLimits(),
        configuration: EventLoopConfiguration = EventLoopConfiguration(),
        _ routes: (inout HTTPRouter) -> Void
    ) throws {
        var router = HTTPRouter()
        routes(&router)
        self.driven = try DrivenLoop(configuration)
        let server = HTTPServer(loop: self.driven.loop, router: router, limits: limits)
        self.server = server
        self.port = try self.driven.listen { server.accept($0) }.port
    }

    deinit {
        self.driven.end()
    }

    func connect(receiveBuffer: Int? = nil) throws -> Peer {
        try Peer(to: self.port, receiveBuffer: receiveBuffer)
    }

    /// Turns until `peer` has got so much that `isEnough` holds, or its end; what came is the result.
    func receive(_ peer: Peer, until isEnough: (String) -> Bool) -> String {
        var received: [UInt8] = []
        _ = self.driven.turn {
            guard let more = peer.receive() else { return true }
            received += more
            return isEnough(String(decoding: received, as: UTF8.self))
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// What `peer` gets until the server ends the connection.
    func receiveAll(_ peer: Peer) -> String {
        String(decoding: peer.receiveAll(turning: self.driven), as: UTF8.self)
    }

    /// Sends on a new connection and gives what comes until its end.
    func ask(_ text: String) throws -> String {
        let peer = try self.connect()
        peer.send(text)
        return self.receiveAll(peer)
    }

    func rejections(_ rejection: HTTPRejection) -> UInt64 {
        self.server.counts.rejections[rejection]
    }
}

/// An answer without its date, which is not the same twice.
func undated(_ answer: String) -> String {
    answer.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("Date: ") }
        .joined(separator: "\r\n")
}

/// The status codes of the answers in `text`, in their order.
func statuses(_ text: String) -> [String] {
    text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }.filter { UInt16($0) != nil }
}
