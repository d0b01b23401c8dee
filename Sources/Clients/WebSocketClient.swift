import ByteKernels
package import HTTP
package import Reactor
import Synchronization
package import WebSocket

/// A WebSocket client: the other end of `/ws` and `/echo`, for tests, load and the canary.
///
/// It may be used from any task. What arrives waits here, without a bound, until somebody asks for it.
package final class WebSocketClient: Sendable {
    package struct Options: Sendable {
        package var subprotocols: [String] = []
        /// Sent in addition to those of the handshake.
        package var headers: HTTPHeaders = [:]
        package var maximumMessageBytes = 64 << 20
        /// The time limit for the connection and the handshake together.
        package var timeout = Duration.seconds(10)
        package var answersPings = true
        /// Whether pings and pongs are received like messages.
        package var hearsControlFrames = false

        package init() {}
    }

    /// What a server sent.
    package enum Received: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
    }

    /// The subprotocol that the server chose.
    package let subprotocol: String?
    private let connection: LoopBound<WebSocketClientConnection>
    private let waiters = Atomic<UInt64>(0)

    private init(_ connection: LoopBound<WebSocketClientConnection>, subprotocol: String?) {
        self.connection = connection
        self.subprotocol = subprotocol
    }

    deinit {
        let connection = self.connection
        connection.loop.execute { connection.value.abandon() }
    }

    /// Connects and carries out the handshake.
    ///
    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - loop: The loop on which the connection lives.
    package static func connect(
        to address: SocketAddress,
        target: String,
        options: Options = Options(),
        on loop: EventLoop = ClientThread.shared
    ) async throws(WebSocketClientError) -> WebSocketClient {
        let result = await withCheckedContinuation { (opened: CheckedContinuation<Opening, Never>) in
            let isTaken = loop.execute {
                let connection = WebSocketClientConnection(loop, options, host: "\(address)", target: target)
                connection.open(to: address) { result in
                    opened.resume(returning: result.map { (LoopBound(connection, on: loop), $0) })
                }
            }
            if !isTaken { opened.resume(returning: .failure(.loopEnded)) }
        }
        let (connection, subprotocol) = try result.get()
        return WebSocketClient(connection, subprotocol: subprotocol)
    }

    private typealias Opening = Result<(LoopBound<WebSocketClientConnection>, String?), WebSocketClientError>

    // MARK: - Sending

    package func send(_ text: String) {
        self.sendFrame(.text, Array(text.utf8))
    }

    package func send(_ bytes: [UInt8]) {
        self.sendFrame(.binary, bytes)
    }

    /// One frame as given, whether RFC 6455 permits it or not.
    package func sendFrame(_ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true) {
        self.perform { $0.send(opcode, payload, isFinal: isFinal) }
    }

    /// Bytes that need not be frames at all.
    package func sendRaw(_ bytes: [UInt8]) {
        self.perform { $0.send(bytes) }
    }

    // MARK: - Receiving

    /// The next message, in the order of arrival.
    ///
    /// - Parameter limit: `nil` waits as long as the connection lives.
    /// - Throws: `closed` or `fault` once everything that arrived before has been taken.
    package func next(within limit: Duration? = .seconds(10)) async throws(WebSocketClientError) -> Received {
        let number = self.waiters.add(1, ordering: .relaxed).newValue
        let connection = self.connection
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (answer: CheckedContinuation<Result<Received, WebSocketClientError>, Never>) in
                let isTaken = connection.loop.execute {
                    connection.value.wait(number, within: limit) { answer.resume(returning: $0) }
                }
                if !isTaken { answer.resume(returning: .failure(.loopEnded)) }
                // Cancelled before the wait had begun.
                if Task.isCancelled { connection.loop.execute { connection.value.cancelWait(number) } }
            }
        } onCancel: {
            connection.loop.execute { connection.value.cancelWait(number) }
        }
        return try result.get()
    }

    /// All messages until the connection ends, however it does.
    package var messages: AsyncStream<Received> {
        AsyncStream { try? await self.next(within: nil) }
    }

    /// Stops reading from the socket, like a client that is too busy.
    package func pauseReading() {
        self.perform { $0.pauseReading() }
    }

    package func resumeReading() {
        self.perform { $0.resumeReading() }
    }

    // MARK: - Ending

    /// Sends a close frame, and waits until the server has answered and the connection has ended.
    @discardableResult
    package func close(code: UInt16? = 1000, reason: String = "") async -> WebSocketClosing {
        self.perform { $0.close(code: code, reason: reason) }
        return await self.closing()
    }

    /// Ends the socket without a word.
    package func abort() {
        self.perform { $0.abandon() }
    }

    /// Waits until the connection ends and returns how it ended; returns at once if it already has.
    package func closing() async -> WebSocketClosing {
        let connection = self.connection
        return await withCheckedContinuation { (answer: CheckedContinuation<WebSocketClosing, Never>) in
            let isTaken = connection.loop.execute {
                connection.value.whenClosed { answer.resume(returning: $0) }
            }
            if !isTaken { answer.resume(returning: WebSocketClosing(frame: nil, socket: .shutdown)) }
        }
    }

    private func perform(_ work: @escaping @Sendable (WebSocketClientConnection) -> Void) {
        let connection = self.connection
        connection.loop.execute { work(connection.value) }
    }
}
