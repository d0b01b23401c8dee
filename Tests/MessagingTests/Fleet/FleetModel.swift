import Instruments
import TestKit

@testable import Messaging

/// A fleet on a bus in memory, with a clock that the test moves.
struct FleetModel {
    /// What stands between one instance and the bus.
    enum Link {
        case open
        /// It is subscribed, and neither hears nor says anything: a process that is stopped.
        case frozen
        case closed
    }

    static let channel = "test:_fleet"
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var members: [FleetMember]
    private(set) var links: [Link]
    /// How far off each instance believes the fleet's clock.
    var clockErrors: [Duration]
    /// Connections of strangers that are subscribed to the channel.
    var strangers = 0
    /// What each instance answers; `nil`: nothing yet.
    var replies: [@Sendable (FleetQuestion) -> FleetReply?]

    private(set) var notes: [[FleetNote]]
    private(set) var settled: [FleetNonce: FleetAnswers] = [:]
    /// Questions whose answer is not made yet, and those that were given up.
    private(set) var working: [(member: Int, question: FleetQuestion, ticket: FleetTicket)] = []
    private(set) var givenUp: [FleetTicket] = []
    /// All that was published, in order.
    private(set) var published: [[UInt8]] = []
    private var pending: [(member: Int, action: FleetMember.Action)] = []

    init(
        _ count: Int,
        secrets: [String?]? = nil,
        limits: FleetLimits = FleetLimits(),
        seed: UInt64 = 1
    ) {
        self.members = (0..<count).map { index in
            let chance = Lock(SeededGenerator(seed: seed &+ UInt64(index) &* 7919))
            let secret = secrets.map { $0[index] } ?? "a secret"
            let identity = FleetIdentity(
                origin: BusOrigin(high: 1, low: UInt64(index)),
                instance: "i\(index)",
                build: "1",
                key: secret.map { FleetKey(secret: $0) }
            )
            return FleetMember(identity, channel: Self.channel, limits: limits) { chance.withLock { $0.next() } }
        }
        self.links = Array(repeating: .closed, count: count)
        self.clockErrors = Array(repeating: .zero, count: count)
        self.notes = Array(repeating: [], count: count)
        self.replies = (0..<count).map { index in
            { question in .answered(Array("\(index): ".utf8) + question.body) }
        }
    }

    func time(of member: Int) -> FleetTime {
        let since1970 = Int64(1_790_000_000_000_000_000) + Int64(self.now.nanoseconds)
        let wall = since1970 + self.clockErrors[member].wholeNanoseconds
        let shared = BusTime(nanoseconds: UInt64(wall), error: 1000)
        return FleetTime(now: self.now, shared: shared, wallNanoseconds: UInt64(since1970))
    }

    // MARK: - What a test does

    mutating func connect(_ members: Int...) {
        for member in members {
            self.links[member] = .open
            self.take(self.members[member].connected(at: self.time(of: member)), of: member)
        }
    }

    mutating func link(_ member: Int, is link: Link) {
        let before = self.links[member]
        self.links[member] = link
        if link == .closed, before != .closed {
            self.take(self.members[member].disconnected(), of: member)
        }
    }

    mutating func connectAll() {
        for member in self.members.indices {
            self.connect(member)
        }
    }

    /// Lets time pass, in steps as short as any deadline.
    mutating func pass(_ duration: Duration) {
        let end = self.now + duration
        while self.now < end {
            let running = self.members.indices.filter { self.links[$0] != .frozen }
            let deadline = running.compactMap { self.members[$0].deadline }.min() ?? end
            self.now = min(max(deadline, self.now + .milliseconds(1)), end)
            for member in running {
                self.take(self.members[member].tick(at: self.time(of: member)), of: member)
            }
        }
    }

    mutating func ask(
        _ member: Int,
        _ subject: FleetSubject = .explain,
        _ body: String = "?",
        within patience: Duration = .seconds(2)
    ) throws -> FleetNonce {
        let question = try FleetQuestion(subject, Array(body.utf8))
        let (nonce, actions) = self.members[member].ask(question, within: patience, at: self.time(of: member))
        self.take(actions, of: member)
        return nonce
    }

    /// Anybody publishes anything.
    mutating func publish(_ bytes: [UInt8]) {
        for member in self.members.indices where self.links[member] == .open {
            self.take(self.members[member].heard(bytes.span, at: self.time(of: member)), of: member)
        }
    }

    mutating func stop(_ member: Int) {
        self.take(self.members[member].stop(at: self.time(of: member)), of: member)
        self.links[member] = .closed
    }

    /// The responder of a question that was not answered at once has ended.
    mutating func finish(_ ticket: FleetTicket, _ reply: FleetReply) {
        guard let index = self.working.firstIndex(where: { $0.ticket == ticket }) else { return }
        let member = self.working.remove(at: index).member
        self.take(self.members[member].answered(ticket, reply, at: self.time(of: member)), of: member)
    }

    func status(_ member: Int) -> FleetStatus {
        self.members[member].status(at: self.now)
    }

    func peers(_ member: Int) -> [String] {
        self.status(member).peers.map(\.instance)
    }

    func rejected(_ member: Int) -> [FleetRejection: UInt64] {
        let counts = self.status(member).rejected
        return Dictionary(uniqueKeysWithValues: FleetRejection.allCases.map { ($0, counts[$0]) }).filter { $1 > 0 }
    }

    // MARK: - Carrying out

    private mutating func take(_ actions: [FleetMember.Action], of member: Int) {
        let isFirst = self.pending.isEmpty
        self.pending += actions.map { (member, $0) }
        // What is caused by carrying out comes behind, as on a bus.
        guard isFirst else { return }
        while let (member, action) = self.pending.first {
            self.carryOut(action, of: member)
            self.pending.removeFirst()
        }
    }

    private mutating func carryOut(_ action: FleetMember.Action, of member: Int) {
        switch action {
        case .publish(let bytes, let post):
            guard self.links[member] == .open else {
                self.take(self.members[member].unpublished(post), of: member)
                return
            }
            self.published.append(bytes)
            let receivers = self.links.count { $0 != .closed } + self.strangers
            self.publish(bytes)
            self.take(self.members[member].published(post, receivers: receivers), of: member)
        case .answer(let question, let ticket):
            if let reply = self.replies[member](question) {
                self.take(self.members[member].answered(ticket, reply, at: self.time(of: member)), of: member)
            } else {
                self.working.append((member, question, ticket))
            }
        case .giveUp(let ticket):
            self.givenUp.append(ticket)
        case .settle(let question, let answers):
            precondition(self.settled[question] == nil, "a question is settled once")
            self.settled[question] = answers
        case .note(let note):
            self.notes[member].append(note)
        }
    }
}

extension FleetAnswers {
    /// For comparison in one line.
    var texts: [String] {
        self.answers.map { "\($0.instance) \(String(decoding: $0.body, as: UTF8.self))" }
    }
}
