import Instruments
import TestKit
import Testing

@testable import Messaging

/// Who lives, and what strangers can do.
@Suite struct FleetMemberTests {
    // MARK: - Heartbeats

    @Test func `instances know each other within a second of the last one's coming`() {
        var fleet = FleetModel(3)
        fleet.connect(0)
        fleet.pass(.seconds(60))
        #expect(fleet.peers(0) == [])
        fleet.connect(1, 2)
        fleet.pass(.seconds(1))
        #expect(fleet.peers(0) == ["i1", "i2"])
        #expect(fleet.peers(1) == ["i0", "i2"])
        #expect(fleet.peers(2) == ["i0", "i1"])
        #expect(fleet.notes[0] == [.peerCame("i1", build: "1"), .peerCame("i2", build: "1")])
    }

    @Test func `each is heard of every few seconds, and not in step`() {
        var fleet = FleetModel(2)
        fleet.connectAll()
        fleet.pass(.seconds(2))
        let before = fleet.published.count
        var ages: [Duration] = []
        for _ in 0..<1000 {
            fleet.pass(.milliseconds(100))
            ages.append(fleet.status(0).peers[0].age)
        }
        // 100 seconds: 20 each, between 80 and 120 %.
        #expect((34...50).contains(fleet.published.count - before))
        #expect(ages.max()! <= .seconds(6))
        let firsts = ages.indices.dropFirst().filter { ages[$0] < ages[$0 - 1] }
        #expect(Set(zip(firsts.dropFirst(), firsts).map { $0 - $1 }).count > 5)
    }

    @Test func `one that is silent is forgotten, and known again when it speaks`() {
        var fleet = FleetModel(2)
        fleet.connectAll()
        fleet.pass(.seconds(2))
        fleet.link(1, is: .frozen)
        fleet.pass(.seconds(24))
        #expect(fleet.peers(0) == ["i1"])
        fleet.pass(.seconds(8))
        #expect(fleet.peers(0) == [])
        #expect(fleet.notes[0].last == .peerLost("i1"))
        fleet.link(1, is: .open)
        fleet.pass(.seconds(1))
        #expect(fleet.peers(0) == ["i1"])
    }

    @Test func `nobody is forgotten while this instance hears nothing`() {
        var fleet = FleetModel(2)
        fleet.connectAll()
        fleet.pass(.seconds(2))
        fleet.link(0, is: .closed)
        fleet.pass(.seconds(600))
        #expect(fleet.peers(0) == ["i1"])
        #expect(fleet.status(0).peers[0].age >= .seconds(598))
        fleet.connect(0)
        fleet.pass(.seconds(10))
        #expect(fleet.status(0).peers[0].age <= .seconds(6))
        fleet.link(0, is: .closed)
        fleet.link(1, is: .closed)
        fleet.connect(0)
        fleet.pass(.seconds(29))
        #expect(fleet.peers(0) == ["i1"])
        fleet.pass(.seconds(3))
        #expect(fleet.peers(0) == [])
    }

    @Test func `a process that takes over a name takes over the place`() {
        var fleet = FleetModel(1)
        fleet.connectAll()
        for successor in 1...3 as ClosedRange<UInt64> {
            fleet.publish(Self.heartbeat("pod-0", from: BusOrigin(high: 5, low: successor), fleet, nonce: successor))
            #expect(fleet.peers(0) == ["pod-0"])
        }
        #expect(fleet.notes[0].count == 3)
    }

    @Test func `a goodbye of an earlier process does not make its successor forgotten`() {
        var fleet = FleetModel(1)
        fleet.connectAll()
        let (old, new) = (BusOrigin(high: 5, low: 1), BusOrigin(high: 5, low: 2))
        fleet.publish(Self.heartbeat("pod-0", from: old, fleet, nonce: 1))
        fleet.publish(Self.heartbeat("pod-0", from: new, fleet, nonce: 2))
        fleet.publish(Self.sealed(.goodbye, fleet, as: "pod-0", from: old, nonce: 3))
        #expect(fleet.peers(0) == ["pod-0"])
        fleet.publish(Self.sealed(.goodbye, fleet, as: "pod-0", from: new, nonce: 4))
        #expect(fleet.peers(0) == [])
        #expect(fleet.notes[0].last == .peerLeft("pod-0"))
    }

    // MARK: - Strangers

    private static func sealed(
        _ content: FleetMessage.Content,
        _ fleet: FleetModel,
        as instance: String = "stranger",
        from origin: BusOrigin = BusOrigin(high: 9, low: 9),
        secret: String? = "a secret",
        nonce: UInt64,
        off: Duration = .zero
    ) -> [UInt8] {
        let now = Int64(fleet.time(of: 0).shared.nanoseconds) + off.wholeNanoseconds
        let message = FleetMessage(
            origin: origin,
            instance: instance,
            nonce: FleetNonce(high: 9, low: nonce),
            sentAt: UInt64(now),
            content: content
        )
        let key = secret.map { FleetKey(secret: $0) }
        return FleetSeal(key: key, channel: FleetModel.channel, limits: FleetLimits()).sealed(message)
    }

    private static func heartbeat(
        _ instance: String,
        from origin: BusOrigin,
        _ fleet: FleetModel,
        secret: String? = "a secret",
        nonce: UInt64
    ) -> [UInt8] {
        let content = FleetMessage.Content.heartbeat(FleetHeartbeat(build: "1", clock: nil))
        return Self.sealed(content, fleet, as: instance, from: origin, secret: secret, nonce: nonce)
    }

    private static let command = FleetMessage.Content.question(subject: "close", body: Array("alice".utf8))

    /// A fleet whose members note what they are asked.
    private static func fleet(_ secret: String? = "a secret") -> (FleetModel, Lock<[FleetQuestion]>) {
        var fleet = FleetModel(2, secrets: [secret, secret])
        let asked = Lock<[FleetQuestion]>([])
        for member in 0..<2 {
            fleet.replies[member] = { question in
                asked.withLock { $0.append(question) }
                return .answered([])
            }
        }
        fleet.connectAll()
        fleet.pass(.seconds(2))
        return (fleet, asked)
    }

    @Test func `a command is obeyed once, however often it comes`() {
        var (fleet, asked) = Self.fleet()
        let bytes = Self.sealed(Self.command, fleet, nonce: 1)
        for _ in 0..<3 {
            fleet.publish(bytes)
        }
        #expect(asked.withLock { $0.count } == 2)
        #expect(fleet.rejected(0) == [.stale: 2])
        fleet.pass(.seconds(59))
        fleet.publish(bytes)
        fleet.pass(.seconds(3600))
        fleet.publish(bytes)
        #expect(asked.withLock { $0.count } == 2)
        #expect(fleet.rejected(0) == [.stale: 4])
    }

    @Test(arguments: [(29.9, true), (30.1, false), (-29.9, true), (-30.1, false), (1e9, false)])
    func `a message of another time is stale`(seconds: Double, isObeyed: Bool) {
        var (fleet, asked) = Self.fleet()
        fleet.pass(.seconds(60))
        fleet.publish(Self.sealed(Self.command, fleet, nonce: 1, off: .seconds(seconds)))
        #expect(asked.withLock { $0.count } == (isObeyed ? 2 : 0))
        #expect(fleet.rejected(0) == (isObeyed ? [:] : [.stale: 1]))
    }

    @Test func `times at the ends of what can be written are stale`() {
        var (fleet, _) = Self.fleet()
        for (number, time) in ([0, .max] as [UInt64]).enumerated() {
            let message = FleetMessage(
                origin: BusOrigin(high: 9, low: 9),
                instance: "stranger",
                nonce: FleetNonce(high: 9, low: UInt64(number)),
                sentAt: time,
                content: .goodbye
            )
            let key = FleetKey(secret: "a secret")
            fleet.publish(FleetSeal(key: key, channel: FleetModel.channel, limits: FleetLimits()).sealed(message))
        }
        #expect(fleet.rejected(0) == [.stale: 2])
    }

    @Test func `a command from before this process heard anything is stale: the one before it may have obeyed`() {
        var (fleet, asked) = Self.fleet()
        fleet.publish(Self.sealed(Self.command, fleet, nonce: 1, off: .seconds(-5)))
        #expect(asked.withLock { $0.count } == 0)
        #expect(fleet.rejected(0) == [.stale: 1])
        fleet.publish(Self.sealed(.question(subject: "explain", body: []), fleet, nonce: 2, off: .seconds(-5)))
        #expect(asked.withLock { $0.count } == 2)
    }

    @Test func `nobody obeys a command that the key has not signed`() {
        for secret in ["a secret", nil] as [String?] {
            var (fleet, asked) = Self.fleet(secret)
            fleet.publish(Self.sealed(Self.command, fleet, secret: nil, nonce: 1))
            fleet.publish(Self.sealed(Self.command, fleet, secret: "another secret", nonce: 2))
            #expect(asked.withLock { $0.count } == 0)
            let expected: [FleetRejection: UInt64] = secret == nil ? [.unsigned: 2] : [.unsigned: 1, .badSignature: 1]
            #expect(fleet.rejected(0) == expected)
            #expect(fleet.rejected(1) == expected)
        }
    }

    @Test func `who pretends to be this instance is not believed`() {
        var (fleet, asked) = Self.fleet(nil)
        let own = BusOrigin(high: 1, low: 0)
        fleet.publish(Self.heartbeat("i0", from: own, fleet, secret: nil, nonce: 1))
        fleet.publish(Self.sealed(.goodbye, fleet, as: "i0", from: own, secret: nil, nonce: 2))
        fleet.publish(
            Self.sealed(.question(subject: "explain", body: []), fleet, as: "i0", from: own, secret: nil, nonce: 3)
        )
        #expect(fleet.peers(0) == ["i1"])
        #expect(asked.withLock { $0.count } == 1)
    }

    @Test func `an answer to a question that nobody asked, or a second one, changes nothing`() throws {
        var (fleet, _) = Self.fleet()
        fleet.publish(Self.sealed(.answer(to: FleetNonce(high: 1, low: 1), .answered([1])), fleet, nonce: 1))
        fleet.link(1, is: .frozen)
        let question = try fleet.ask(0)
        let answer = FleetMessage.Content.answer(to: question, .answered([1]))
        fleet.publish(Self.sealed(answer, fleet, as: "i1", from: BusOrigin(high: 1, low: 1), nonce: 2))
        #expect(fleet.settled[question]?.isComplete == true)
        fleet.publish(Self.sealed(answer, fleet, as: "i1", from: BusOrigin(high: 1, low: 1), nonce: 3))
        #expect(fleet.rejected(0) == [:])
    }

    @Test func `made-up instances do not grow the list of peers, nor make this one speak more often`() {
        var limits = FleetLimits()
        limits.peers = 50
        var fleet = FleetModel(2, secrets: [nil, nil], limits: limits)
        fleet.connectAll()
        fleet.pass(.seconds(2))
        let before = fleet.published.count
        for number in 0..<5000 as Range<UInt64> {
            let origin = BusOrigin(high: 7, low: number)
            fleet.publish(Self.heartbeat("made up \(number)", from: origin, fleet, secret: nil, nonce: number))
            fleet.pass(.milliseconds(1))
        }
        #expect(fleet.peers(0).count == 50)
        #expect(fleet.peers(0).contains("i1"))
        // Five seconds, two instances, each at most a few times a second while somebody new is taken.
        #expect(fleet.published.count - before < 20)
        fleet.pass(.seconds(40))
        #expect(fleet.peers(0) == ["i1"])
    }

    @Test(arguments: ["a secret", nil])
    func `garbage, cuts and changes are counted and change nothing`(secret: String?) {
        var chance = SeededGenerator()
        var (fleet, asked) = Self.fleet(secret)
        let samples = [
            Self.sealed(Self.command, fleet, secret: secret, nonce: 1),
            Self.sealed(.question(subject: "explain", body: [1, 2, 3]), fleet, secret: secret, nonce: 2),
            Self.sealed(.answer(to: FleetNonce(high: 1, low: 1), .refused(.busy)), fleet, secret: secret, nonce: 3),
            Self.heartbeat("stranger", from: BusOrigin(high: 9, low: 9), fleet, secret: secret, nonce: 4),
        ]
        let rounds = 20_000
        for _ in 0..<rounds {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &chance)]
            switch Int.random(in: 0..<4, using: &chance) {
            case 0:
                bytes = (0..<Int.random(in: 0..<300, using: &chance)).map { _ in
                    UInt8.random(in: 0...255, using: &chance)
                }
            case 1:
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &chance))
            case 2:
                let index = Int.random(in: 0...bytes.count, using: &chance)
                bytes.insert(UInt8.random(in: 0...255, using: &chance), at: index)
            default:
                for _ in 0...Int.random(in: 0..<3, using: &chance) {
                    let index = Int.random(in: 0..<bytes.count, using: &chance)
                    bytes[index] ^= UInt8.random(in: 1...255, using: &chance)
                }
            }
            // Two changes of the same byte may take each other back.
            if !samples.contains(bytes) {
                fleet.publish(bytes)
            }
        }
        fleet.pass(.seconds(1))
        let commands = asked.withLock { $0.count { $0.subject.isCommand } }
        #expect(commands == 0)
        if secret != nil {
            #expect(asked.withLock { $0.isEmpty })
            #expect(fleet.peers(0) == ["i1"])
            #expect(fleet.status(0).rejected.sum >= UInt64(rounds * 99 / 100))
        }
        #expect(fleet.peers(0).count <= FleetLimits().peers)
    }

    // MARK: - Clocks

    @Test func `a heartbeat tells how the sender's clock stands to the shared one`() throws {
        for (error, reading) in [(UInt64(1500), FleetClockReading(offset: -250, error: 1500)), (.max, nil)] {
            let identity = FleetIdentity(instance: "one", build: "1", key: nil)
            var member = FleetMember(identity, channel: "c") { 7 }
            let time = FleetTime(
                now: Instant(nanoseconds: 1),
                shared: BusTime(nanoseconds: 1000, error: error),
                wallNanoseconds: 1250
            )
            guard case .publish(let bytes, .other)? = member.connected(at: time).first else {
                Issue.record("no heartbeat")
                continue
            }
            let message = try FleetMessage(reading: bytes.span)
            #expect(message.content == .heartbeat(FleetHeartbeat(build: "1", clock: reading)))
            #expect(message.sentAt == 1000)
        }
    }

    @Test func `instances whose clocks differ by less than the tolerance understand each other`() throws {
        for (error, isUnderstood) in [(Duration.seconds(29), true), (.seconds(-29), true), (.seconds(31), false)] {
            var fleet = FleetModel(2)
            fleet.clockErrors[1] = error
            fleet.connectAll()
            fleet.pass(.seconds(2))
            #expect(fleet.peers(0) == (isUnderstood ? ["i1"] : []))
            let question = try fleet.ask(0)
            fleet.pass(.seconds(3))
            #expect(fleet.settled[question]?.isComplete == isUnderstood)
        }
    }
}
