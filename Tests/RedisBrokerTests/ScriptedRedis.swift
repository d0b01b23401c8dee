import Instruments
import Reactor
import TestKit

/// A Redis in miniature that answers as a test says: for what a real one cannot be made to do.
///
/// Left alone it greets, publishes and subscribes as Redis does.
final class ScriptedRedis: Sendable {
    struct Controls: Sendable {
        /// What a command is answered instead, as bytes; `nil`: as usual.
        var answer: @Sendable ([String]) -> String? = { _ in nil }
        var commands: [[String]] = []
    }

    private let loop: EventLoop
    let port: UInt16
    let controls = Observed(Controls())
    private let desk: LoopBound<ScriptedDesk>

    init() throws {
        let loop = try EventLoop(index: 0, name: "scripted", configuration: EventLoopConfiguration())
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        self.loop = loop
        self.port = port.address.port
        let desk = ScriptedDesk(loop: loop, controls: self.controls)
        self.desk = LoopBound(desk, on: loop)
        try loop.listen(try port.open()) { socket in
            desk.clients.insert(socket.connection)
            return ScriptedClient(desk: desk)
        }
        loop.start()
    }

    var url: String { "redis://127.0.0.1:\(self.port)" }

    func answer(_ answer: @escaping @Sendable ([String]) -> String?) {
        self.controls.change { $0.answer = answer }
    }

    /// Closes every connection.
    func cut() {
        let desk = self.desk
        self.loop.execute { desk.value.cut() }
    }

    func stop() {
        self.loop.stop()
        self.loop.join()
    }
}

/// What the connections share.
private final class ScriptedDesk {
    let loop: EventLoop
    let controls: Observed<ScriptedRedis.Controls>
    var clients: Set<ConnectionHandle> = []
    var subscribers: [String: Set<ConnectionHandle>] = [:]

    init(loop: EventLoop, controls: Observed<ScriptedRedis.Controls>) {
        self.loop = loop
        self.controls = controls
    }

    func cut() {
        for client in self.clients {
            self.loop.close(client, .local)
        }
    }

    func send(_ text: String, to client: ConnectionHandle) {
        let bytes = Array(text.utf8)
        _ = self.loop.send(bytes.span, to: client)
    }

    func publish(_ payload: [UInt8], on channel: String) -> Int {
        let subscribers = self.subscribers[channel] ?? []
        let head = "*3\r\n$7\r\nmessage\r\n$\(channel.utf8.count)\r\n\(channel)\r\n$\(payload.count)\r\n"
        let bytes = Array(head.utf8) + payload + [13, 10]
        for subscriber in subscribers {
            _ = self.loop.send(bytes.span, to: subscriber)
        }
        return subscribers.count
    }
}

private final class ScriptedClient: SocketHandler {
    private let desk: ScriptedDesk
    private var stream = RESPStream()
    private var channels: Set<String> = []

    init(desk: ScriptedDesk) {
        self.desk = desk
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on client: ConnectionHandle) -> Int {
        var copy: [UInt8] = []
        for index in 0..<bytes.count {
            copy.append(bytes[index])
        }
        self.stream.add(copy)
        while let frame = self.stream.next() {
            self.serve(RESPStream.parts(of: frame), client)
        }
        return bytes.count
    }

    private func serve(_ parts: [[UInt8]], _ client: ConnectionHandle) {
        let command = parts.map(\.text)
        let scripted = self.desk.controls.state.answer(command)
        self.desk.controls.change { $0.commands.append(command) }
        if let scripted {
            if scripted == "close" {
                self.desk.loop.close(client, .local)
            } else {
                self.desk.send(scripted, to: client)
            }
            return
        }
        switch command.first {
        case "PING" where self.channels.isEmpty: self.desk.send("+PONG\r\n", to: client)
        case "PING": self.desk.send("*2\r\n$4\r\npong\r\n$0\r\n\r\n", to: client)
        case "TIME":
            let microseconds = self.desk.loop.wallNanoseconds / 1000
            let (seconds, rest) = ("\(microseconds / 1_000_000)", "\(microseconds % 1_000_000)")
            self.desk.send(
                "*2\r\n$\(seconds.utf8.count)\r\n\(seconds)\r\n$\(rest.utf8.count)\r\n\(rest)\r\n",
                to: client
            )
        case "PUBLISH": self.desk.send(":\(self.desk.publish(parts[2], on: command[1]))\r\n", to: client)
        case "SUBSCRIBE", "UNSUBSCRIBE":
            for channel in command.dropFirst() {
                let kind = command[0].lowercased()
                if kind == "subscribe" {
                    self.channels.insert(channel)
                    self.desk.subscribers[channel, default: []].insert(client)
                } else {
                    self.channels.remove(channel)
                    self.desk.subscribers[channel]?.remove(client)
                }
                let size = channel.utf8.count
                let head = "*3\r\n$\(kind.utf8.count)\r\n\(kind)\r\n$\(size)\r\n\(channel)\r\n"
                self.desk.send(head + ":\(self.channels.count)\r\n", to: client)
            }
        default: self.desk.send("+OK\r\n", to: client)
        }
    }

    func closed(_ client: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {
        self.desk.clients.remove(client)
        for channel in self.channels {
            self.desk.subscribers[channel]?.remove(client)
        }
    }
}
