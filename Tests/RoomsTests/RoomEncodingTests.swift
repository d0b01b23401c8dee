import Instruments
import Messaging
import Reactor
import Rooms
import TestKit
import Testing

/// Members that want their messages written in different ways.
@Suite struct RoomEncodingTests {
    private static let encodings = (0..<20).map {
        MessageEncoding($0 % 3 == 0 ? .native : .plain, variant: [UInt8(ascii: "A") + UInt8($0)])
    }

    @Test func `a connection may be in a room twice, and gets each message once for each encoding`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let (twice, once) = (try fixture.member(), try fixture.member())
        let plain = fixture.shard.join(room, twice.connection, as: .plain, answering: nil)
        let native = fixture.shard.join(room, twice.connection, as: .native, answering: nil)
        _ = fixture.shard.join(room, once.connection, as: .plain, answering: nil)
        #expect(fixture.shard.report().counts.subscriptions == 3)

        fixture.publish("1", to: room, from: once.connection)
        fixture.publish("2", to: room, from: once.connection)
        fixture.driven.turn()
        #expect(twice.peer.receive(atMost: 9) == Array("p1p2n1n2".utf8))

        // A sender that wants no echo gets none, whatever it is written in.
        fixture.publish("3", to: room, from: twice.connection, echo: false)
        fixture.publish("4", to: room, from: once.connection)
        fixture.driven.turn()
        #expect(twice.peer.receive(atMost: 9) == Array("p4n4".utf8))
        #expect(once.peer.receive(atMost: 9) == Array("p1p2p3p4".utf8))
        #expect(fixture.outcomes(.plain)[.senderExcluded] == 1)
        #expect(fixture.outcomes(.native)[.senderExcluded] == 1)
        #expect(fixture.unaccounted == 0)

        // One membership ends, the other stays.
        fixture.shard.fanOut([fixture.message("5", to: room)])
        fixture.shard.leave(plain)
        fixture.shard.fanOut([fixture.message("6", to: room)])
        fixture.driven.turn()
        #expect(twice.peer.receive(atMost: 9) == Array("p5n5n6".utf8))

        // It ends in mid-tick, and its last membership after it.
        fixture.shard.fanOut([fixture.message("7", to: room)])
        fixture.driven.loop.close(twice.connection)
        fixture.shard.leave(native)
        fixture.driven.turn()
        #expect(once.peer.receive(atMost: 9) == Array("p5p6p7".utf8))
        #expect(fixture.outcomes(.native)[.closedBeforeWrite] == 1)
        #expect(fixture.unaccounted == 0)
    }

    @Test func `leaving with one encoding keeps the answer that the other waits for`() throws {
        let fixture = try DrivenShard(SilentBroker())
        defer { fixture.end() }
        let room = try RoomName("r")
        let member = try fixture.member()
        let plain = fixture.shard.join(room, member.connection, as: .plain, answering: SubscriptionAnswer(.number("1")))
        _ = fixture.shard.join(room, member.connection, as: .native, answering: SubscriptionAnswer(.number("2")))
        fixture.shard.leave(plain)
        #expect(fixture.confirmed.isEmpty)
        fixture.hub.subscribed([room])
        #expect(fixture.confirmed.map(\.1) == [SubscriptionAnswer(.number("2"))])
    }

    @Test func `a message has one number in all encodings, counted over all rooms and never used again`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let (a, b) = (try RoomName("a"), try RoomName("b"))
        let member = try fixture.member()
        _ = fixture.shard.join(a, member.connection, as: .plain, answering: nil)
        _ = fixture.shard.join(a, member.connection, as: .native, answering: nil)
        let only = fixture.shard.join(b, member.connection, as: .plain, answering: nil)
        fixture.shard.fanOut([fixture.message("1", to: a), fixture.message("2", to: b)])
        #expect(fixture.numbers == [1, 1, 2])
        fixture.driven.turn()
        fixture.shard.leave(only)
        // Nobody is there to get it.
        fixture.shard.fanOut([fixture.message("3", to: b), fixture.message("4", to: a)])
        _ = fixture.shard.join(b, member.connection, as: .plain, answering: nil)
        fixture.shard.fanOut([fixture.message("5", to: b)])
        #expect(fixture.numbers == [1, 1, 2, 3, 3, 4])
        fixture.driven.turn()
        #expect(fixture.unaccounted == 0)
    }

    @Test func `a message is written once for each of sixteen encodings, and once for each further member`() throws {
        let fixture = try DrivenShard()
        defer { fixture.end() }
        let room = try RoomName("r")
        let members = try (0..<40).map { _ in try fixture.member() }
        for (index, member) in members.enumerated() {
            _ = fixture.shard.join(room, member.connection, as: Self.encodings[index % 20], answering: nil)
        }
        fixture.shard.fanOut([fixture.message("x", to: room)])
        fixture.driven.turn()
        #expect(fixture.encodings == 16 + 2 * 4)
        for (index, member) in members.enumerated() {
            let encoding = Self.encodings[index % 20]
            let letter = Array(encoding.protocolName.label.utf8.prefix(1))
            #expect(member.peer.receive(atMost: 9) == letter + encoding.variant + Array("x".utf8))
        }
        #expect(fixture.unaccounted == 0)
    }

    @Test func `whoever joins, leaves, publishes or goes, everybody gets what a plain list says`() throws {
        var model = try EncodedRooms(Self.encodings, SeededGenerator())
        defer { model.fixture.end() }
        for _ in 0..<400 {
            for _ in 0..<Int.random(in: 0..<10, using: &model.random) {
                try model.step()
            }
            model.endTick()
            #expect(model.fixture.unaccounted == 0)
            #expect(model.fixture.encodings == model.written)
            #expect(try model.hasHeardEverything())
        }
        #expect(model.fixture.outcomes(.plain)[.senderExcluded] == model.excluded[.plain])
        #expect(model.fixture.outcomes(.native)[.senderExcluded] == model.excluded[.native])
        #expect(model.fixture.shard.report().counts.expected == model.expected)
    }
}

/// A broker that never says that a room's messages arrive.
private final class SilentBroker: Broker {
    let name = "silent"
    let health = BrokerHealth.up
    let counts = BrokerCounts()
    let fleet = FleetStatus()
    let isHolding = false

    func start(delivering sink: any BrokerSink, answering responder: any FleetResponder) {}
    func publish(_ publications: [Publication]) {}
    func reconsider(_ rooms: [RoomName]) {}
    func ask(_ question: FleetQuestion, within patience: Duration) async -> FleetAnswers {
        FleetAnswers([], isEverybody: false)
    }
    func stop() {}
}

/// A shard with rooms, connections and memberships that come and go, beside plain lists of what each is to get.
private struct EncodedRooms {
    /// A connection's place in one room with one encoding.
    private struct Membership {
        let room: Int
        let encoding: Int
        let subscription: Subscription
        /// As the room decided when it was joined.
        let isShared: Bool
    }

    private struct Client {
        var connection: ConnectionHandle
        var peer: Peer
        var memberships: [Membership] = []
        /// By room and encoding, in the order that is promised there.
        var expected: [[Int]: [[UInt8]]] = [:]
    }

    /// A frame is the protocol's letter, the variant, the room and four digits.
    private static let frameBytes = 7

    let fixture: DrivenShard
    var random: SeededGenerator
    private(set) var written = 0
    private(set) var expected = PerCase<ProtocolName, UInt64>(repeating: 0)
    private(set) var excluded = PerCase<ProtocolName, UInt64>(repeating: 0)
    /// Frames that their sender does not get, which the end of the tick or a change of the room will settle.
    private var unsettled: [(client: Int, room: Int, name: ProtocolName)] = []
    private let encodings: [MessageEncoding]
    private let rooms: [RoomName]
    private var clients: [Client] = []
    private var messages = 0

    init(_ encodings: [MessageEncoding], _ random: SeededGenerator) throws {
        self.random = random
        self.fixture = try DrivenShard()
        self.encodings = encodings
        self.rooms = try (0..<3).map { try RoomName("room\($0)") }
        for _ in 0..<24 {
            let (connection, peer) = try self.fixture.member()
            self.clients.append(Client(connection: connection, peer: peer))
        }
    }

    mutating func endTick() {
        self.fixture.driven.turn()
        self.unsettled = []
    }

    mutating func step() throws {
        let client = Int.random(in: self.clients.indices, using: &self.random)
        switch Int.random(in: 0..<40, using: &self.random) {
        case 0: try self.replace(client)
        case 1..<16: self.toggle(client)
        default: self.say(from: client, echo: Bool.random(using: &self.random))
        }
    }

    /// Enters a room with an encoding, or leaves it where it is there already.
    private mutating func toggle(_ client: Int) {
        let room = Int.random(in: self.rooms.indices, using: &self.random)
        let encoding = Int.random(in: self.encodings.indices, using: &self.random)
        self.unsettled.removeAll { $0.room == room }
        let known = self.clients[client].memberships.firstIndex { $0.room == room && $0.encoding == encoding }
        if let known {
            self.fixture.shard.leave(self.clients[client].memberships.remove(at: known).subscription)
            return
        }
        let shared = self.sharedEncodings(of: room)
        let subscription = self.fixture.shard.join(
            self.rooms[room],
            self.clients[client].connection,
            as: self.encodings[encoding],
            answering: nil
        )
        self.clients[client].memberships.append(
            Membership(
                room: room,
                encoding: encoding,
                subscription: subscription,
                isShared: shared.contains(encoding) || shared.count < 16
            )
        )
    }

    private func sharedEncodings(of room: Int) -> Set<Int> {
        Set(self.clients.flatMap(\.memberships).filter { $0.room == room && $0.isShared }.map(\.encoding))
    }

    private mutating func say(from sender: Int, echo: Bool) {
        let room = Int.random(in: self.rooms.indices, using: &self.random)
        let number = String(self.messages)
        let text = "\(room)" + String(repeating: "0", count: 4 - number.count) + number
        self.messages += 1
        self.fixture.shard.fanOut([
            self.fixture.message(text, to: self.rooms[room], from: self.clients[sender].connection, echo: echo)
        ])
        self.written += self.sharedEncodings(of: room).count
        for client in self.clients.indices {
            for membership in self.clients[client].memberships where membership.room == room {
                let encoding = self.encodings[membership.encoding]
                self.written += membership.isShared ? 0 : 1
                self.expected[encoding.protocolName] += 1
                if client == sender, !echo {
                    self.excluded[encoding.protocolName] += 1
                    self.unsettled.append((client, room, encoding.protocolName))
                } else {
                    let letter = Array(encoding.protocolName.label.utf8.prefix(1))
                    let frame = letter + encoding.variant + Array(text.utf8)
                    self.clients[client].expected[[room, membership.encoding], default: []].append(frame)
                }
            }
        }
    }

    /// A connection ends, in mid-tick as a rule, and another comes.
    ///
    /// What it had coming counts as closed before it was written, its own messages too.
    private mutating func replace(_ client: Int) throws {
        for frame in self.unsettled where frame.client == client {
            self.excluded[frame.name] -= 1
        }
        self.fixture.driven.loop.close(self.clients[client].connection)
        for membership in self.clients[client].memberships {
            self.fixture.shard.leave(membership.subscription)
            self.unsettled.removeAll { $0.room == membership.room }
        }
        let (connection, peer) = try self.fixture.member()
        self.clients[client] = Client(connection: connection, peer: peer)
    }

    /// Takes what has arrived, which is to be all that was expected, in the order promised for each membership.
    mutating func hasHeardEverything() throws -> Bool {
        var isRight = true
        for client in self.clients.indices {
            let bytes = try #require(self.clients[client].peer.receive())
            var heard: [[Int]: [[UInt8]]] = [:]
            for start in stride(from: 0, to: bytes.count, by: Self.frameBytes) {
                let frame = Array(bytes[start..<min(start + Self.frameBytes, bytes.count)])
                let key = [Int(frame[2] - UInt8(ascii: "0")), Int(frame[1] - UInt8(ascii: "A"))]
                heard[key, default: []].append(frame)
            }
            isRight = isRight && heard == self.clients[client].expected
            self.clients[client].expected = [:]
        }
        return isRight
    }
}
