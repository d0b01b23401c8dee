import Foundation
import Glibc
import Instruments

/// A server with blocking sockets on 127.0.0.1 and a free port, for tests of clients.
///
/// Every connection has a thread, one request and one answer, whose bytes the test gives. It listens until it is
/// stopped, or as long as the tests run: a test may release it before its address is used.
package final class LoopbackServer: Sendable {
    package enum Reply: Sendable {
        /// Sent as they are; then the connection is closed.
        case bytes([UInt8])
        /// Nothing is sent; the connection stays until the other side closes it.
        case silence

        package static func text(_ text: String) -> Reply {
            .bytes(Array(text.utf8))
        }

        /// A whole answer of HTTP/1.1.
        package static func answer(_ status: String, headers: [String] = [], _ body: String) -> Reply {
            let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
            return .text(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }
    }

    package struct Request: Sendable {
        /// Request line and header lines.
        package let head: [String]
        package let body: [UInt8]

        package var line: String { self.head.first ?? "" }

        /// The header's value, or `nil`; `name` must be in lower case.
        package func header(_ name: String) -> String? {
            let line = self.head.dropFirst().first { $0.lowercased().hasPrefix(name + ":") }
            return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    package let port: UInt16
    private let descriptor: Int32
    private let received = Lock<[Request]>([])

    package var address: String { "http://127.0.0.1:\(self.port)" }

    /// All requests so far, in the order in which they were completed.
    package var requests: [Request] { self.received.withLock { $0 } }

    /// Answers as many requests as there are replies, in order, and then stops.
    package convenience init(replies: [Reply]) throws {
        let asked = Lock(0)
        try self.init { (_, stop) in
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            if number >= replies.count {
                stop()
            }
            return replies[min(number, replies.count) - 1]
        }
    }

    package convenience init(_ reply: @escaping @Sendable (Request) -> Reply) throws {
        try self.init { (request, _) in reply(request) }
    }

    private init(_ reply: @escaping @Sendable (Request, _ stop: () -> Void) -> Reply) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isListening else { throw CocoaError(.fileReadUnknown) }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: address.sin_port)
        let received = self.received
        Thread.detachNewThread {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                Thread.detachNewThread {
                    Self.serve(connection, received) { request in
                        reply(request) { shutdown(descriptor, Int32(SHUT_RDWR)) }
                    }
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    /// Nobody can connect from now on.
    package func stop() {
        // Wakes the thread in `accept`, which closes the socket.
        shutdown(self.descriptor, Int32(SHUT_RDWR))
    }

    private static func serve(_ connection: Int32, _ received: Lock<[Request]>, _ reply: (Request) -> Reply) {
        guard let request = Self.readRequest(connection) else { return }
        received.withLock { $0.append(request) }
        switch reply(request) {
        case .bytes(let bytes):
            var sent = 0
            while sent < bytes.count {
                let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                    unsafe send(connection, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
            shutdown(connection, Int32(SHUT_WR))
        case .silence:
            break
        }
        while !Self.read(connection).isEmpty {}
    }

    private static func readRequest(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        var headBytes: Int?
        while headBytes == nil {
            let more = Self.read(connection)
            guard !more.isEmpty else { return nil }
            bytes += more
            headBytes = bytes.firstRange(of: end)?.lowerBound
        }
        let head = String(decoding: bytes.prefix(headBytes ?? 0), as: UTF8.self).components(separatedBy: "\r\n")
        var body = Array(bytes.dropFirst((headBytes ?? 0) + end.count))
        let announced = Request(head: head, body: []).header("content-length").flatMap { Int($0) } ?? 0
        while body.count < announced {
            let more = Self.read(connection)
            guard !more.isEmpty else { return nil }
            body += more
        }
        return Request(head: head, body: body)
    }

    /// Empty at the end.
    private static func read(_ connection: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
        return Array(buffer.prefix(max(count, 0)))
    }
}
