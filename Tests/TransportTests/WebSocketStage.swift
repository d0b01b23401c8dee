import ByteKernels
import ClientProtocols
import HTTP
import HTTPServer
import Instruments
import Messaging
import Reactor
import Rooms
import Sessions
import Settings
import TestKit
import Transport
import WebSocket

/// The WebSocket endpoints of one loop that the test drives, with clients over real sockets and frames.
final class WebSocketStage {
    let driven: DrivenLoop
    let broker = PatientBroker()
    let registry: SessionRegistry
    let shard: RoomShard
    let host: WebSocketHost
    let port: UInt16
    private let hub: RoomHub

    /// - Parameters:
    ///   - flags: Settings, as `key=value`.
    ///   - budget: The bound on what is queued and kept.
    ///   - answers: What becomes of a request for `/ws`; the endpoint answers it at once by default.
    init(
        _ flags: [String] = [],
        budget: QueueBudget? = nil,
        _ answers: ((HTTPExchange, WebSocketEndpoint) -> Void)? = nil
    ) throws {
        self.driven = try DrivenLoop(EventLoopConfiguration(totalQueue: budget))
        let loop = self.driven.loop
        var reader = SettingsReader(flags: flags.map { SettingsFlag(set: $0) }, environment: [:], file: nil)
        let registry = SessionRegistry(
            loop: loop,
            instance: "test",
            settings: SessionSettings(from: &reader),
            handshakeTimeout: .seconds(10),
            publicationPatience: .seconds(7),
            traits: SpokenProtocols.traits,
            reconnects: ReconnectStore(window: .seconds(120)),
            users: UserDirectory(),
            log: EventLog(threshold: .debug, sink: NoLog())
        )
        let directory = RoomDirectory()
        self.hub = RoomHub(directory: directory)
        self.registry = registry
        self.shard = RoomShard(
            loop: loop,
            directory: directory,
            broker: self.broker,
            encoder: FrameMessageEncoder(),
            delegate: registry
        )
        registry.connect(self.shard)
        self.hub.connect([LoopBound(self.shard, on: loop)])
        self.broker.start(delivering: self.hub)
        loop.addTickObserver(self.shard)
        let host = WebSocketHost(loop: loop, registry: registry, settings: TransportSettings(from: &reader))
        self.host = host
        let rules = Upgrade.Rules(usersNameThemselves: true, maximumRooms: 10, maximumJSONDepth: 64)
        let endpoint = WebSocketEndpoint(host, rules: rules)
        var router = HTTPRouter()
        let handle = answers ?? { exchange, endpoint in endpoint.answer(exchange, for: .rooms) }
        router.on(.get, "/ws", .onLoop { handle($0, endpoint) })
        router.on(.get, "/hello", .answer { _ in .text("hello\n") })
        let server = HTTPServer(loop: loop, router: router)
        self.port = try self.driven.listen { server.accept($0) }.port
    }

    deinit {
        self.driven.end()
        self.broker.stop()
    }

    /// Sends a handshake and does not wait for its answer.
    func client(_ query: String, _ subprotocol: String? = nil) throws -> FrameClient {
        let client = FrameClient(try Peer(to: self.port), self.driven)
        client.peer.send(Self.handshake(query, subprotocol))
        return client
    }

    static func handshake(_ query: String, _ subprotocol: String? = nil) -> String {
        let offer = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        return "GET /ws?\(query) HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\(offer)"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    }

    /// A native client that has been welcomed.
    func native(_ query: String = "") throws -> FrameClient {
        let client = try self.client(query, "atalaya.v1.json")
        _ = client.hear { $0.last?.contains("welcome") == true }
        return client
    }

    var counts: PerCase<ProtocolName, SessionCounts> { self.registry.report() }

    /// Expected deliveries less all that became of them: promised to be 0.
    var unaccounted: Int64 {
        let report = self.shard.report()
        return ProtocolName.allCases.reduce(0) { sum, name in
            let lane = report.loop.lanes[Int(name.lane)]
            return sum + Int64(report.counts.expected[name])
                - Int64(lane.outcomes.sum + lane.pending + report.unsent[name])
        }
    }
}

/// The far end of a WebSocket.
final class FrameClient {
    let peer: Peer
    private let driven: DrivenLoop
    private let frames = FrameEncoder(role: .client)
    private var decoder = FrameDecoder(role: .client, maximumMessageBytes: 1 << 20)
    private var head: [UInt8]? = []
    /// Messages as their text, a close as `close 4400`, in the order of their arrival.
    private(set) var heard: [String] = []
    private(set) var hasEnded = false

    init(_ peer: Peer, _ driven: DrivenLoop) {
        self.peer = peer
        self.driven = driven
    }

    /// The frames of several texts, in one piece.
    func send(_ texts: String...) {
        var bytes: [UInt8] = []
        for text in texts {
            self.frames.write(.text, Array(text.utf8).span, into: &bytes)
        }
        self.peer.send(bytes)
    }

    /// The beginning of the frame of a text of so many bytes, without its last `missing` bytes.
    ///
    /// - Returns: The rest.
    func sendPart(of bytes: Int, missing: Int) -> [UInt8] {
        var frame: [UInt8] = []
        self.frames.write(.text, [UInt8](repeating: UInt8(ascii: "x"), count: bytes).span, into: &frame)
        self.peer.send(Array(frame.dropLast(missing)))
        return Array(frame.suffix(missing))
    }

    func sendClose(_ code: UInt16) {
        var bytes: [UInt8] = []
        self.frames.writeClose(code: code, into: &bytes)
        self.peer.send(bytes)
    }

    /// Turns the loop until what was heard satisfies, or the server has ended.
    func hear(until isEnough: ([String]) -> Bool) -> [String] {
        _ = self.driven.turn {
            self.read()
            return isEnough(self.heard) || self.hasEnded
        }
        return self.heard
    }

    private func read() {
        guard var bytes = self.peer.receive() else {
            self.hasEnded = true
            return
        }
        if let head = self.head {
            let all = head + bytes
            let blankLine = Array("\r\n\r\n".utf8)
            guard let end = all.indices.first(where: { all[$0...].starts(with: blankLine) }) else {
                self.head = all
                return
            }
            self.head = nil
            bytes = Array(all[(end + blankLine.count)...])
        }
        var offset = 0
        var span = bytes.mutableSpan
        while let event = self.decoder.next(&span, from: &offset) {
            switch event {
            case .message(_, let payload):
                let text = payload.withBytes(in: span.span) { [UInt8](copying: $0) }
                self.heard.append(String(decoding: text, as: UTF8.self))
            case .close(let close): self.heard.append("close \(close.code ?? 0)")
            case .ping, .pong: break
            case .fault(let fault): self.heard.append("fault \(fault)")
            }
        }
    }
}
