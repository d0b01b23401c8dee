import Instruments
import Messaging
import Reactor
import Rooms
import Sessions
import Settings
import TestKit

/// Sessions on a loop that the test drives, over socket pairs, with a broker that answers when the test says so.
final class SessionStage {
    let driven: DrivenLoop
    let broker = PatientBroker()
    let users = UserDirectory()
    let log = RecordedLog()
    let shard: RoomShard
    let registry: SessionRegistry
    private let hub: RoomHub
    private var outputs: [RecordingOutput] = []

    /// A client of this stage.
    struct Client {
        let session: Session
        let output: RecordingOutput
        let handle: ConnectionHandle
        let peer: Peer

        func ask(_ command: ClientCommand, id: CommandID? = .number("1")) {
            self.session.handle(ClientRequest(id: id, command: command), frameBytes: 10)
        }

        func publish(_ text: String, to room: String, id: CommandID? = .number("1")) {
            guard let room = try? RoomName(room) else { return }
            self.ask(
                .publish(room: room, kind: .json, payload: Array(text.utf8), echo: true, trace: nil),
                id: id
            )
        }
    }

    static let talkative = ProtocolTraits(commands: CommandName.allCases, isPinged: true, isWelcomed: true)
    static let taciturn = ProtocolTraits(commands: [.publish], isPinged: true, isWelcomed: false)

    init(
        traits: PerCase<ProtocolName, ProtocolTraits> = PerCase { $0 == .plain ? taciturn : talkative },
        settings text: [String: String] = [:],
        level: LogLevel = .debug,
        subscriptionPatience: Duration = .seconds(10),
        chains: (any SharedChains)? = nil
    ) throws {
        self.driven = try DrivenLoop()
        let loop = self.driven.loop
        let flags = text.map { SettingsFlag("--set", key: $0.key, value: $0.value) }
        var reader = SettingsReader(flags: flags, environment: [:], file: nil)
        self.registry = SessionRegistry(
            loop: loop,
            instance: "test",
            settings: SessionSettings(from: &reader),
            handshakeTimeout: .seconds(10),
            publicationPatience: .seconds(7),
            traits: traits,
            reconnects: ReconnectStore(window: .seconds(120)),
            chains: chains,
            users: self.users,
            log: EventLog(threshold: level, sink: self.log)
        )
        let directory = RoomDirectory()
        self.hub = RoomHub(directory: directory)
        self.shard = RoomShard(
            loop: loop,
            directory: directory,
            broker: self.broker,
            encoder: PayloadEncoder(),
            delegate: self.registry,
            patience: subscriptionPatience
        )
        self.registry.connect(self.shard)
        self.hub.connect([LoopBound(self.shard, on: loop)])
        self.broker.start(delivering: self.hub)
        loop.addTickObserver(self.shard)
    }

    deinit {
        self.broker.stop()
    }

    func open(_ user: ClientUser, _ name: ProtocolName = .native) throws -> Client {
        let (handle, peer) = try self.driven.connect(RecordingHandler())
        return self.open(user, name, on: handle, peer)
    }

    /// The same over TCP, of which the kernel has something to say.
    func openTCP(_ user: ClientUser, _ name: ProtocolName = .native) throws -> Client {
        var accepted: ConnectionHandle?
        let address = try self.driven.listen { socket in
            accepted = socket.connection
            return RecordingHandler()
        }
        let peer = try Peer(to: address.port)
        guard self.driven.turn(until: { accepted != nil }), let handle = accepted else { throw Failure.notReady }
        return self.open(user, name, on: handle, peer)
    }

    private func open(
        _ user: ClientUser,
        _ name: ProtocolName,
        on handle: ConnectionHandle,
        _ peer: Peer
    ) -> Client {
        let output = RecordingOutput()
        self.outputs.append(output)
        let session = self.registry.open(
            Identity(
                connection: self.registry.makeConnectionID(),
                user: user,
                protocolName: name,
                transport: .websocket,
                remoteAddress: "127.0.0.1"
            ),
            on: handle,
            encoding: MessageEncoding(name),
            output: output
        )
        output.session = session
        return Client(session: session, output: output, handle: handle, peer: peer)
    }

    func user(_ name: String) throws -> ClientUser { .named(try UserID(name)) }

    /// The client's socket ends, as its handler would hear.
    func cut(_ client: Client) throws {
        guard let final = self.driven.loop.counters(of: client.handle) else { throw Failure.loopIsFull }
        self.driven.loop.close(client.handle)
        client.session.sayGoodbye(Ending(.abnormal, by: .network))
        client.session.closed(final)
    }

    func counts(_ name: ProtocolName = .native) -> SessionCounts { self.registry.report()[name] }

    var active: Int {
        ProtocolName.allCases.reduce(0) { $0 + self.registry.active()[$1].sum }
    }
}

/// Writes the payload alone.
private final class PayloadEncoder: MessageEncoder {
    func encode(_ message: Message, number: UInt64, as encoding: MessageEncoding, into batch: SendBatch) {
        batch.append(message.payload.span, number: number)
    }
}
