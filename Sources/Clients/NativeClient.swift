import ClientProtocols
import DequeModule
package import Messaging
package import Reactor

/// A client of `atalaya.v1.json` over a WebSocket.
///
/// For use by one task at a time. It sends a command and waits for the answer; anything else that arrives is kept.
package final class NativeClient {
    package let socket: WebSocketClient
    private var lastID = 0
    /// What arrived while waiting for an answer.
    private var kept = Deque<NativeEvent>()

    private init(_ socket: WebSocketClient) {
        self.socket = socket
    }

    /// Connects and offers only the native protocol.
    ///
    /// - Parameter query: The query of the URL, percent-encoded, without `?`, such as `user=alice`.
    package static func connect(
        to address: SocketAddress,
        query: String = "",
        options: WebSocketClient.Options = WebSocketClient.Options(),
        on loop: EventLoop = ClientThread.shared
    ) async throws(WebSocketClientError) -> NativeClient {
        var options = options
        options.subprotocols = Native.subprotocols
        let target = query.isEmpty ? "/ws" : "/ws?" + query
        return NativeClient(try await WebSocketClient.connect(to: address, target: target, options: options, on: loop))
    }

    // MARK: - Commands

    /// Sends a command with a new id and waits for its answer.
    ///
    /// - Parameter members: The members besides type and id as JSON, such as `"room":"lobby"`.
    package func ask(_ type: String, _ members: String = "") async throws -> NativeEvent {
        let id = self.nextID()
        self.socket.send("{\"type\":\"\(type)\",\"id\":\(id)\(members.isEmpty ? "" : "," + members)}")
        return try await self.answer(to: id)
    }

    private func nextID() -> String {
        self.lastID += 1
        return String(self.lastID)
    }

    private func answer(to id: String) async throws -> NativeEvent {
        while true {
            let event = try await self.arrival()
            if event.id == id { return event }
            self.kept.append(event)
        }
    }

    /// The `ok` to a command.
    ///
    /// - Throws: `NativeError` if the answer is an error.
    @discardableResult
    package func accomplish(_ command: ClientCommand) async throws -> NativeOK {
        let id = self.nextID()
        var text: [UInt8] = []
        guard Native.write(ClientRequest(id: .number(id), command: command), into: &text) else {
            throw NativeEventFault.noWord
        }
        self.socket.send(String(decoding: text, as: UTF8.self))
        switch try await self.answer(to: id) {
        case .ok(let ok): return ok
        case .error(let error): throw error
        case let other: throw UnexpectedEvent(event: other)
        }
    }

    package func subscribe(_ room: String) async throws {
        try await self.accomplish(.subscribe(try RoomName(room), since: nil))
    }

    package func unsubscribe(_ room: String) async throws {
        try await self.accomplish(.unsubscribe(try RoomName(room)))
    }

    /// Publishes and waits until the broker has accepted it.
    ///
    /// - Parameter data: JSON, sent as it is.
    /// - Returns: The message's id.
    @discardableResult
    package func publish(_ data: String, to room: String, echo: Bool = true) async throws -> String {
        let ok = try await self.accomplish(
            .publish(room: try RoomName(room), kind: .json, payload: Array(data.utf8), echo: echo, trace: nil)
        )
        guard let id = ok.messageID else { throw UnexpectedEvent(event: .ok(ok)) }
        return id
    }

    /// An answer of a type that the command never gets.
    package struct UnexpectedEvent: Error, Sendable {
        package let event: NativeEvent
    }

    // MARK: - Events

    /// The next event that is not an answer this client was waiting for.
    package func next(within limit: Duration? = .seconds(10)) async throws -> NativeEvent {
        if let event = self.kept.popFirst() { return event }
        return try await self.arrival(within: limit)
    }

    /// The next room message; anything else before it is skipped.
    package func nextMessage(within limit: Duration? = .seconds(10)) async throws -> NativeMessage {
        while true {
            if case .message(let message) = try await self.next(within: limit) { return message }
        }
    }

    private func arrival(within limit: Duration? = .seconds(10)) async throws -> NativeEvent {
        switch try await self.socket.next(within: limit) {
        case .text(let text): return try NativeEvent(text)
        case .binary: throw NativeEventFault.binaryFrame
        case .ping, .pong: return try await self.arrival(within: limit)
        }
    }
}

@available(*, unavailable)
extension NativeClient: Sendable {}
