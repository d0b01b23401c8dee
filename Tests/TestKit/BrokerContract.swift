package import Messaging

/// The rules that every broker must follow.
///
/// Every broker's tests run each clause with brokers of that kind.
package enum BrokerContract: String, CaseIterable, Sendable, CustomStringConvertible {
    case ownMessagesComeBack = "a publisher's own message comes back to it"
    case messagesAreWhole = "a message arrives with all that it was published with"
    case orderIsKept = "each publisher's messages to a room keep their order"
    case receiptsComeOnce = "each publication is answered exactly once"
    case anybodyMayPublish = "a receipt goes to its publisher, who need not be a connection"
    case nothingComesTwice = "no message comes twice, however often rooms are asked about meanwhile"
    case needsAreAskedFor = "rooms are subscribed to when they are wanted, however often it is asked"
    case roomsMayReturn = "a room that is left and wanted again delivers again"
    case fleetIsAsked = "an instance that is alone answers the fleet's questions, and that is complete"
    case stopAnswersAll = "stopping answers what was not answered, and what comes later is answered too"

    package var description: String { self.rawValue }

    package struct Violation: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - broker: Not started, with `FleetLimits.patient`; stopped when this returns.
    ///   - rooms: Used by this run only.
    package func check(_ broker: any Broker, rooms: (String) -> RoomName) async throws {
        let sink = RecordingSink()
        broker.start(delivering: sink, answering: ContractResponder())
        defer { broker.stop() }
        try await Self.becomeReady(broker, sink, room: rooms("ready"))
        switch self {
        case .ownMessagesComeBack: try await self.ownMessages(broker, sink, rooms("own"))
        case .messagesAreWhole: try await self.wholeMessages(broker, sink, rooms("whole"))
        case .orderIsKept: try await self.order(broker, sink, (0..<4).map { rooms("order\($0)") })
        case .receiptsComeOnce: try await self.receipts(broker, sink, rooms("receipts"))
        case .anybodyMayPublish: try await self.anybody(broker, sink, rooms("anybody"))
        case .nothingComesTwice: try await self.once(broker, sink, (0..<8).map { rooms("once\($0)") })
        case .needsAreAskedFor: try await self.needs(broker, sink, (0..<50).map { rooms("needs\($0)") })
        case .roomsMayReturn: try await self.returning(broker, sink, rooms("return"))
        case .fleetIsAsked: try await self.asking(broker)
        case .stopAnswersAll: try await self.stopping(broker, sink, rooms("stop"))
        }
    }

    /// Publishes until the broker takes it, since there is no promise when a broker is reached.
    package static func becomeReady(_ broker: any Broker, _ sink: RecordingSink, room: RoomName) async throws {
        try await sink.enter([room], broker)
        let deadline = ContinuousClock.now + .seconds(20)
        for number in 1... {
            let before = sink.record.receipts.count
            broker.publish([Publication.of("ready\(number)", to: room)])
            let record = try await sink.seen.wait(for: "an answer of the broker") { $0.receipts.count > before }
            if record.receipts.last?.result == .accepted {
                break
            }
            if ContinuousClock.now > deadline {
                throw Violation(description: "the broker takes no publication")
            }
            await Task.yield()
        }
        try await sink.seen.wait(for: "the first message") { !$0.messages.isEmpty }
        sink.seen.change { record in
            record.messages = []
            record.receipts = []
        }
    }

    private func ownMessages(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        try await sink.enter([room], broker)
        let publication = Publication.of("mine", to: room, sender: 7)
        broker.publish([publication])
        let record = try await sink.seen.wait(for: "the message") { !$0.messages.isEmpty && !$0.receipts.isEmpty }
        try demand(record.messages.map(\.id) == [publication.message.id], "the message came once")
        try demand(record.messages[0].sender == publication.message.sender, "it names its sender in this process")
        try demand(record.receipts.map(\.ticket) == [publication.ticket], "its receipt has its ticket")
    }

    private func wholeMessages(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        try await sink.enter([room], broker)
        let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let messages = try PayloadKind.allCases.map { kind in
            Message(
                id: MessageID(ULID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))),
                room: room,
                kind: kind,
                payload: kind == .binary ? bytes : kind == .json ? Array(#"{"a":[1,"ü"]}"#.utf8) : [],
                from: try UserID("user of \(kind)"),
                sender: SenderReference(loop: 3, connection: 0xFEDC_BA98_7654_3210),
                excludesSender: kind == .json,
                acceptedAt: 1_795_000_000_123_456_789,
                trace: kind == .text ? nil : TraceContext(traceHigh: 1, traceLow: 2, span: 3, flags: 1)
            )
        }
        broker.publish(messages.map { Publication(message: $0, ticket: .of($0)) })
        let record = try await sink.seen.wait(for: "three messages") { $0.messages.count >= 3 }
        for (sent, came) in zip(messages, record.messages) {
            try demand(sent.isSame(as: came), "\(sent.kind): \(sent) came as \(came)")
        }
    }

    private func order(_ broker: any Broker, _ sink: RecordingSink, _ rooms: [RoomName]) async throws {
        let (publishers, each) = (4, 200)
        try await sink.enter(rooms, broker)
        await withTaskGroup { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in 0..<each {
                        let room = rooms[number % rooms.count]
                        broker.publish([.of("\(publisher) \(number)", to: room, sender: UInt64(publisher))])
                    }
                }
            }
        }
        let record = try await sink.seen.wait(for: "all messages") { $0.messages.count >= publishers * each }
        for room in rooms {
            for publisher in 0..<publishers {
                let numbers = record.payloads(in: room).filter { $0.hasPrefix("\(publisher) ") }
                    .compactMap { Int($0.split(separator: " ")[1]) }
                try demand(numbers == numbers.sorted(), "publisher \(publisher) in \(room): \(numbers)")
                try demand(numbers.count == each / rooms.count, "publisher \(publisher) in \(room) is complete")
            }
        }
    }

    private func receipts(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        let publications = (0..<500).map { Publication.of("\($0)", to: room, sender: UInt64($0)) }
        for start in stride(from: 0, to: publications.count, by: 20) {
            broker.publish(Array(publications[start..<start + 20]))
        }
        let record = try await sink.seen.wait(for: "all receipts") { $0.receipts.count >= publications.count }
        try demand(Set(record.receipts.map(\.id)) == Set(publications.map(\.message.id)), "each has its receipt")
        try demand(record.receipts.count == publications.count, "none has two")
        try demand(record.receipts.allSatisfy { $0.result == .accepted }, "a broker that is up takes them")
    }

    private func anybody(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        let publications = (0..<40).map { number in
            let publication = Publication.of("\(number)", to: room)
            guard number % 2 == 0 else { return publication }
            let ticket = PublicationTicket(publisher: .request(UInt64(number)), command: nil)
            return Publication(message: publication.message, ticket: ticket)
        }
        broker.publish(publications)
        let record = try await sink.seen.wait(for: "all receipts") { $0.receipts.count >= publications.count }
        let tickets = Dictionary(uniqueKeysWithValues: publications.map { ($0.message.id, $0.ticket) })
        try demand(record.receipts.allSatisfy { tickets[$0.id] == $0.ticket }, "each receipt has its own ticket")
        try demand(Set(record.receipts.map(\.ticket)).count == publications.count, "everybody has one")
    }

    private func once(_ broker: any Broker, _ sink: RecordingSink, _ rooms: [RoomName]) async throws {
        try await sink.enter(rooms, broker)
        let publications = (0..<400).map { Publication.of("\($0)", to: rooms[$0 % rooms.count]) }
        for publication in publications {
            broker.reconsider(rooms)
            broker.publish([publication])
        }
        broker.publish([.of("end", to: rooms[0])])
        let record = try await sink.seen.wait(for: "the end") { record in
            record.messages.count > publications.count && record.payloads(in: rooms[0]).contains("end")
        }
        try demand(record.messages.count == publications.count + 1, "each came once")
        let counts = broker.counts
        try demand(counts.gapMessages == 0 && counts.duplicates == 0, "nothing is counted as lost or repeated")
    }

    private func needs(_ broker: any Broker, _ sink: RecordingSink, _ rooms: [RoomName]) async throws {
        let before = sink.record.subscribed.count
        broker.reconsider(rooms)
        sink.want(rooms, broker)
        broker.reconsider(rooms)
        let record = try await sink.seen.wait(for: "the subscriptions") { record in
            Set(record.subscribed.dropFirst(before)).isSuperset(of: rooms)
        }
        try demand(Set(record.subscribed.dropFirst(before)).isSubset(of: rooms), "nothing that nobody wanted")
        broker.publish(rooms.map { .of("x", to: $0) })
        try await sink.seen.wait(for: "a message in each") { $0.messages.count >= rooms.count }
    }

    private func returning(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        for round in 0..<20 {
            try await sink.enter([room], broker)
            broker.publish([.of("\(round)", to: room)])
            try await sink.seen.wait(for: "message \(round)") { $0.payloads(in: room).contains("\(round)") }
            sink.leave([room], broker)
            if round % 2 == 0 {
                sink.want([room], broker)
                sink.leave([room], broker)
            }
        }
        let counts = broker.counts
        try demand(counts.gapMessages == 0, "\(counts.gapMessages) messages counted as lost")
        try demand(counts.duplicates == 0, "\(counts.duplicates) messages counted as repeated")
    }

    private func asking(_ broker: any Broker) async throws {
        let limits = FleetLimits()
        for size in [0, 3, limits.questionBytes] {
            let question = try FleetQuestion(.explain, [UInt8](repeating: 7, count: size))
            let answers = await broker.ask(question, within: .seconds(20))
            try demand(answers.answers.map(\.body) == [question.body], "its own answer is there, \(answers)")
            try demand(answers.isComplete && answers.unanswered.isEmpty, "nobody else is missed: \(answers)")
        }
        let refused = await broker.ask(try FleetQuestion(.close), within: .seconds(20))
        try demand(refused.refusals.map(\.reason) == [.notSupported], "a refusal has its reason: \(refused)")
        try demand(refused.answers.isEmpty && !refused.isComplete, "and is no answer")
        let large = await broker.ask(try FleetQuestion(.debug), within: .seconds(20))
        try demand(large.refusals.map(\.reason) == [.tooLarge], "an answer is bounded: \(large.refusals)")
    }

    private func stopping(_ broker: any Broker, _ sink: RecordingSink, _ room: RoomName) async throws {
        let first = (0..<300).map { Publication.of("\($0)", to: room, sender: UInt64($0)) }
        broker.publish(first)
        broker.stop()
        let later = Publication.of("later", to: room)
        broker.publish([later])
        let record = try await sink.seen.wait(for: "all receipts") { $0.receipts.count > first.count }
        let answered = Set(record.receipts.map(\.id))
        try demand(answered == Set(first.map(\.message.id)).union([later.message.id]), "each is answered")
        try demand(record.receipts.count == first.count + 1, "none is answered twice")
    }

    private func demand(_ isKept: Bool, _ promise: String) throws {
        if !isKept {
            throw Violation(description: "\(self): broken: \(promise)")
        }
    }
}

extension FleetLimits {
    /// With enough time for answers on a busy machine.
    package static var patient: FleetLimits {
        var limits = FleetLimits()
        limits.patience = .seconds(20)
        return limits
    }
}

/// Answers a reading question with its own body, refuses to close, and answers debug with too much.
private struct ContractResponder: FleetResponder {
    func answer(_ question: FleetQuestion) async -> FleetReply {
        switch question.subject {
        case .explain, .inspect: .answered(question.body)
        case .close: .refused(.notSupported)
        case .debug: .answered([UInt8](repeating: 0, count: FleetLimits().answerBytes + 1))
        }
    }
}

extension Publication {
    /// A text from a made-up connection.
    package static func of(_ text: String, to room: RoomName, sender: UInt64 = 1) -> Publication {
        let message = Message(
            id: MessageID(ULID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))),
            room: room,
            kind: .text,
            payload: Array(text.utf8),
            from: try? UserID("alice"),
            sender: SenderReference(loop: 0, connection: sender),
            acceptedAt: 1_795_000_000_000_000_000
        )
        return Publication(message: message, ticket: .of(message))
    }
}

extension PublicationTicket {
    package static func of(_ message: Message) -> PublicationTicket {
        let sender = message.sender ?? SenderReference(loop: 0, connection: 0)
        return PublicationTicket(publisher: .connection(sender), command: .string(message.id.text))
    }
}

extension Message {
    /// Whether both are the same message, whenever it was handed to a broker.
    package func isSame(as other: Message) -> Bool {
        self.id == other.id && self.room == other.room && self.kind == other.kind && self.payload == other.payload
            && self.from == other.from && self.sender == other.sender && self.trace == other.trace
            && self.excludesSender == other.excludesSender && self.acceptedAt == other.acceptedAt
    }
}
