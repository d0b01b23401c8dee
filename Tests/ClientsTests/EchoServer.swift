import ByteKernels
import HTTP
import Reactor
import WebSocket

/// A WebSocket server that says every message again, and obeys a few words.
final class EchoServer: Sendable {
    let address: SocketAddress
    private let loop: EventLoop

    /// - Parameters:
    ///   - answer: Sent to a request instead of a 101, and then the connection is ended.
    ///   - replies: What a text is answered with, where that is not the text itself.
    init(answer: String? = nil, replies: (@Sendable (String) -> [String])? = nil) async throws {
        let loop = try EventLoop(index: 0, name: "echo", configuration: EventLoopConfiguration())
        loop.start()
        self.loop = loop
        var port = try ListeningPort.claim(host: "127.0.0.1", port: 0)
        self.address = port.address
        let socket = HandedOver(socket: try port.open())
        _ = await loop.perform {
            guard let socket = socket.take() else { return }
            try? loop.listen(socket) { _ in EchoConnection(loop, answer, replies) }
        }
    }

    func stop() {
        self.loop.stop()
        self.loop.join()
    }
}

/// Carries a listening socket to its loop; touched by one thread after the other.
private final class HandedOver: @unchecked Sendable {
    private var socket: ListeningSocket?

    init(socket: consuming ListeningSocket) { self.socket = consume socket }

    func take() -> ListeningSocket? { self.socket.take() }
}

private final class EchoConnection: SocketHandler {
    private let loop: EventLoop
    private let answer: String?
    private let replies: ((String) -> [String])?
    private var parser = RequestHeadParser()
    private var decoder = FrameDecoder(role: .server, maximumMessageBytes: 1 << 24)
    private let encoder = FrameEncoder(role: .server)
    private var isOpen = false

    init(_ loop: EventLoop, _ answer: String?, _ replies: ((String) -> [String])?) {
        self.loop = loop
        self.answer = answer
        self.replies = replies
    }

    private func send(_ bytes: [UInt8], _ connection: ConnectionHandle) {
        _ = self.loop.send(bytes.span, to: connection)
    }

    func received(_ bytes: inout MutableSpan<UInt8>, on connection: ConnectionHandle) -> Int {
        var offset = 0
        if !self.isOpen {
            if let answer {
                self.send(Array(answer.utf8), connection)
                self.loop.finish(connection, timeout: .seconds(5))
                return bytes.count
            }
            guard case .head(let head, let used) = try? self.parser.read(bytes.span),
                let handshake = try? Handshake(head)
            else { return bytes.count }
            self.isOpen = true
            offset = used
            var answer: [UInt8] = []
            handshake.writeAnswer(subprotocol: handshake.subprotocols.last, into: &answer)
            self.send(answer, connection)
        }
        while let event = self.decoder.next(&bytes, from: &offset) {
            self.take(event, in: bytes.span, on: connection)
        }
        return offset
    }

    private func take(_ event: FrameEvent, in buffer: Span<UInt8>, on connection: ConnectionHandle) {
        var frame: [UInt8] = []
        switch event {
        case .message(let kind, let payload):
            let text = payload.withBytes(in: buffer) { [UInt8](copying: $0) }
            switch String(decoding: text, as: UTF8.self) {
            case let text where self.replies != nil:
                for reply in self.replies?(text) ?? [] {
                    self.encoder.write(.text, Array(reply.utf8).span, into: &frame)
                }
            case "ping me": self.encoder.write(.ping, Array("are you there".utf8).span, into: &frame)
            case "close me": self.encoder.writeClose(code: 4413, reason: "you are slow", into: &frame)
            case "drop me": self.loop.close(connection)
            case "break me": frame = [0x83, 0x00]
            default: self.encoder.write(kind.opcode, text.span, into: &frame)
            }
        case .ping(let payload):
            payload.withBytes(in: buffer) { self.encoder.write(.pong, $0, into: &frame) }
        case .pong(let payload):
            payload.withBytes(in: buffer) { self.encoder.write(.text, $0, into: &frame) }
        case .close(let close):
            self.encoder.writeClose(code: close.code, into: &frame)
            self.send(frame, connection)
            self.loop.finish(connection, timeout: .seconds(5))
            return
        case .fault(let fault):
            self.encoder.writeClose(code: fault.closeCode, reason: "\(fault)", into: &frame)
            self.send(frame, connection)
            self.loop.finish(connection, timeout: .seconds(5))
            return
        }
        self.send(frame, connection)
    }

    func closed(_ connection: ConnectionHandle, _ ending: SocketEnding, _ final: ConnectionCounters) {}
}
