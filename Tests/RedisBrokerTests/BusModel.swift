import Instruments
import Messaging
import TestKit

@testable import RedisBroker

/// Redis and some instances in miniature: the real decisions of both sides, over connections that deliver, break and
/// leave bytes behind whenever a seeded generator says so.
///
/// What Redis carried out is known, so what is counted can be held to what was lost.
struct BusModel {
    enum Push {
        case subscribed(RoomName, carriedOut: UInt64)
        case unsubscribed(RoomName)
        case message(RoomName, BusStamp, MessageID, sent: UInt64)
        case announcement(BusAnnouncement)
    }

    enum Command {
        case subscribe(RoomName)
        case unsubscribe(RoomName)
        case message(RoomName, BusStamp, MessageID, sent: UInt64)
        case tails(RoomName, BusAnnouncement)
        case inner(BusAnnouncement, BusQuestion?)
    }

    enum Answer {
        case accepted(listeners: Set<Int>)
        case refused
    }

    /// Everything an origin published under one epoch to one room, as it truly became.
    struct Truth {
        let began: BusTime
        var accepted: Set<UInt64> = []
        /// What Redis refused: where more was under way behind it, it looks like a hole.
        var refused: Set<UInt64> = []
        /// When Redis carried a number out for the last time, in steps of its own.
        var carriedOut: [UInt64: UInt64] = [:]
    }

    struct EpochKey: Hashable {
        let room: RoomName
        let origin: BusOrigin
        let epoch: UInt64
    }

    /// A time in which an instance had a room, from its confirmation on.
    struct Stay {
        let confirmed: BusTime
        /// When Redis carried the subscription out.
        let carriedOut: UInt64
        var delivered: [EpochKey: [UInt64]] = [:]
        var order: [BusOrigin: [MessageID]] = [:]
        /// From where on all of an epoch had to come: the first message that was not sent before the confirmation.
        var baselines: [EpochKey: UInt64] = [:]
        var gaps: [EpochKey: UInt64] = [:]
    }

    /// One instance: what it decides with, what is under way, and what Redis knows of its connections.
    struct Instance {
        var origin: BusOrigin
        var wanted: Set<RoomName> = []
        var subscriptions = RedisSubscriptions(maximumUnconfirmed: 5)
        var receiver: BusSequenceReceiver
        var outbox: BusOutbox
        var recall: BusRecall
        /// What its clock is off by, and says it may be.
        var clockIsLate: Bool
        var clockOff: UInt64
        var clockError: UInt64

        /// From the subscribing connection to Redis, and back.
        var orders: [Command] = []
        var pushes: [Push] = []
        /// From the publishing connection to Redis; what old connections left behind, which Redis still carries out.
        var commands: [Command] = []
        var leftBehind: [[Command]] = []
        /// Commands without an answer, and the answers under way.
        var unanswered: [Command] = []
        var answers: [Answer] = []
        var subscribedAtRedis: Set<RoomName> = []
        var isListening = true
        var isPublishing = true
        var missingSince: Instant?
        var provenAt: Instant

        var stays: [RoomName: Stay] = [:]
        var over: [(room: RoomName, stay: Stay)] = []
        var duplicates: UInt64 = 0
        var late: UInt64 = 0
        var isAlive = true
    }

    var instances: [Instance] = []
    let rooms: [RoomName]
    let patience: Duration
    var random: SeededGenerator
    var now = Instant(nanoseconds: 1_000_000_000_000)
    /// Redis' own steps.
    var steps: UInt64 = 0
    var truths: [EpochKey: Truth] = [:]
    /// In the order in which each origin published to each room.
    var published: [RoomName: [BusOrigin: [MessageID]]] = [:]
    var refusedCount = 0
    var gaveUpCount = 0

    init(
        instances: Int,
        rooms: Int,
        patience: Duration = .seconds(5),
        clockError: UInt64,
        random: SeededGenerator
    ) {
        self.rooms = (0..<rooms).map { try! RoomName("room\($0)") }
        self.patience = patience
        self.random = random
        for _ in 0..<instances {
            self.start(clockError: clockError)
        }
    }

    mutating func chance(_ perMille: Int) -> Bool {
        Int.random(in: 0..<1000, using: &self.random) < perMille
    }

    mutating func anyone() -> Int {
        let alive = self.instances.indices.filter { self.instances[$0].isAlive }
        return alive.randomElement(using: &self.random)!
    }

    mutating func start(clockError: UInt64) {
        let origin = BusOrigin(high: UInt64(self.instances.count + 1), low: self.random.next())
        let off =
            clockError == .max
            ? UInt64.random(in: 0...50_000_000, using: &self.random)
            : UInt64.random(in: 0...clockError, using: &self.random)
        // So that a model with many doubts is exact to its end.
        var limits = BusSequenceLimits()
        limits.epochs = 1000
        var instance = Instance(
            origin: origin,
            receiver: BusSequenceReceiver(limits: limits),
            outbox: BusOutbox(origin: origin, patience: self.patience, limits: limits),
            recall: BusRecall(origin: origin),
            clockIsLate: Bool.random(using: &self.random),
            clockOff: off,
            clockError: clockError,
            provenAt: self.now
        )
        instance.subscriptions.opened()
        _ = instance.outbox.opened(at: self.now, time: BusTime(nanoseconds: 0, error: .max), chance: { 0 })
        self.instances.append(instance)
    }

    /// What an instance takes for the time.
    func time(_ index: Int) -> BusTime {
        let instance = self.instances[index]
        let shown =
            instance.clockIsLate ? self.now.nanoseconds - instance.clockOff : self.now.nanoseconds + instance.clockOff
        return BusTime(nanoseconds: shown, error: instance.clockError)
    }

    // MARK: - What instances do

    mutating func want(_ isWanted: Bool, _ room: RoomName, at index: Int) {
        if isWanted {
            self.instances[index].wanted.insert(room)
        } else {
            self.instances[index].wanted.remove(room)
        }
        self.instances[index].subscriptions.reconsider([room])
        // The broker's loop looks now or later.
        if self.chance(700) {
            self.examine(index)
        }
    }

    mutating func examine(_ index: Int) {
        let wanted = self.instances[index].wanted
        let findings = self.instances[index].subscriptions.examine { wanted.contains($0) }
        for room in findings.forgotten {
            self.instances[index].receiver.forget(room)
            if let stay = self.instances[index].stays.removeValue(forKey: room) {
                self.instances[index].over.append((room, stay))
            }
        }
        self.instances[index].orders += findings.subscribe.map { .subscribe($0) }
        self.instances[index].orders += findings.unsubscribe.map { .unsubscribe($0) }
        if let since = self.instances[index].missingSince, self.instances[index].isListening,
            self.instances[index].subscriptions.isBack
        {
            self.instances[index].missingSince = nil
            self.instances[index].recall.returned(missingSince: since, at: self.now)
        }
    }

    mutating func publish(_ room: RoomName, from index: Int) {
        let publication = Publication.of("x", to: room)
        let time = self.time(index)
        var random = self.random
        let new = self.instances[index].outbox.add([publication], at: self.now, time: time) { random.next() }
        self.random = random
        self.published[room, default: [:]][self.instances[index].origin, default: []].append(publication.message.id)
        self.send(new, from: index)
    }

    private mutating func send(_ new: [BusOutbox.Numbered], from index: Int) {
        for numbered in new {
            let room = numbered.publication.message.room
            let stamp = numbered.stamp
            let key = EpochKey(room: room, origin: stamp.origin, epoch: stamp.epoch.id)
            if self.truths[key] == nil {
                self.truths[key] = Truth(began: stamp.epoch.began!)
            }
            self.send(
                .message(room, stamp, numbered.publication.message.id, sent: self.time(index).nanoseconds),
                from: index
            )
        }
    }

    private mutating func send(_ command: Command, from index: Int) {
        self.instances[index].commands.append(command)
        self.instances[index].unanswered.append(command)
    }

    /// What the timers of an instance do when they are due.
    mutating func keepUp(_ index: Int) {
        let given = self.instances[index].outbox.giveUp(at: self.now)
        self.gaveUpCount += given.count
        guard self.instances[index].isPublishing else { return }
        let origin = self.instances[index].origin
        if let next = self.instances[index].outbox.sequence.nextDue, next <= self.now {
            let due = self.instances[index].outbox.sequence.takeDue(at: self.now)
            for announcement in due.announcements {
                let tails = announcement.tails.map { BusAnnouncement.RoomTail(room: announcement.room, tail: $0) }
                self.send(.tails(announcement.room, BusAnnouncement(origin: origin, tails: tails)), from: index)
            }
            if !due.answered.isEmpty {
                self.send(.inner(BusAnnouncement(origin: origin, answered: due.answered), nil), from: index)
            }
        }
        if let asking = self.instances[index].recall.ask(at: self.now) {
            let recall = BusAnnouncement.Recall(
                awayMilliseconds: UInt64(asking.away.wholeMilliseconds),
                number: asking.question.number
            )
            self.send(.inner(BusAnnouncement(origin: origin, recall: recall), asking.question), from: index)
        }
    }

    /// Reads one thing that Redis has pushed.
    mutating func read(_ index: Int) {
        guard self.instances[index].isListening, !self.instances[index].pushes.isEmpty else { return }
        switch self.instances[index].pushes.removeFirst() {
        case .subscribed(let room, let carriedOut):
            if self.instances[index].subscriptions.subscribed(room) {
                let time = self.time(index)
                self.instances[index].receiver.confirmed(room, at: time)
                if self.instances[index].stays[room] == nil {
                    self.instances[index].stays[room] = Stay(confirmed: time, carriedOut: carriedOut)
                }
            }
            self.examine(index)
        case .unsubscribed(let room):
            _ = self.instances[index].subscriptions.unsubscribed(room)
            self.examine(index)
        case .message(let room, let stamp, let id, let sent):
            let key = EpochKey(room: room, origin: stamp.origin, epoch: stamp.epoch.id)
            switch self.instances[index].receiver.judge(stamp, sentAt: sent, in: room, at: self.now) {
            case .next(let missing):
                let sentAt = BusTime(nanoseconds: sent, error: stamp.epoch.began!.error)
                if let stay = self.instances[index].stays[room], stay.baselines[key] == nil,
                    !sentAt.isCertainlyBefore(stay.confirmed)
                {
                    self.instances[index].stays[room]?.baselines[key] = stamp.number
                }
                self.instances[index].stays[room]?.gaps[key, default: 0] += missing
                self.instances[index].stays[room]?.delivered[key, default: []].append(stamp.number)
                self.instances[index].stays[room]?.order[stamp.origin, default: []].append(id)
            case .repeated: self.instances[index].duplicates += 1
            case .late: self.instances[index].late += 1
            }
        case .announcement(let announcement):
            self.heard(announcement, at: index)
        }
    }

    private mutating func heard(_ announcement: BusAnnouncement, at index: Int) {
        for each in announcement.tails {
            let key = EpochKey(room: each.room, origin: announcement.origin, epoch: each.tail.epoch.id)
            let missing = self.instances[index].receiver
                .heard(each.tail, of: announcement.origin, in: each.room, at: self.now)
            self.instances[index].stays[each.room]?.gaps[key, default: 0] += missing
        }
        if let recall = announcement.recall {
            let question = BusQuestion(asker: announcement.origin, number: recall.number!)
            self.instances[index].outbox.sequence
                .recall(.milliseconds(recall.awayMilliseconds), question: question, at: self.now)
            if announcement.origin != self.instances[index].origin {
                self.instances[index].recall.other(announcement.origin, wasAwayAt: self.now)
            }
        }
        for question in announcement.answered {
            self.instances[index].recall.answered(question, by: announcement.origin)
        }
    }

    /// Reads one answer to a command of the publishing connection.
    mutating func readAnswer(_ index: Int) {
        guard self.instances[index].isPublishing, !self.instances[index].answers.isEmpty else { return }
        let answer = self.instances[index].answers.removeFirst()
        switch (self.instances[index].unanswered.removeFirst(), answer) {
        case (.message(let room, let stamp, _, _), .accepted(let listeners)):
            let isHeard = !listeners.subtracting([index]).isEmpty
            _ = self.instances[index].outbox.accepted(isHeard: { _ in isHeard }, at: self.now)
            let key = EpochKey(room: room, origin: stamp.origin, epoch: stamp.epoch.id)
            self.truths[key]?.accepted.insert(stamp.number)
        case (.message, .refused):
            self.refusedCount += 1
            _ = self.instances[index].outbox.refused()
        case (.inner(_, let question?), .accepted(let listeners)):
            self.instances[index].recall.asked(question, heardBy: listeners.count)
        default: break
        }
    }

    // MARK: - What Redis does

    mutating func serveSubscriber(_ index: Int) {
        guard !self.instances[index].orders.isEmpty else { return }
        self.steps += 1
        switch self.instances[index].orders.removeFirst() {
        case .subscribe(let room):
            self.instances[index].subscribedAtRedis.insert(room)
            self.instances[index].pushes.append(.subscribed(room, carriedOut: self.steps))
        case .unsubscribe(let room):
            self.instances[index].subscribedAtRedis.remove(room)
            self.instances[index].pushes.append(.unsubscribed(room))
        default: break
        }
    }

    /// Carries out one command of an instance's publishing connection.
    ///
    /// - Parameters:
    ///   - lose: Whether one message is lost on its way to one instance.
    ///   - refuses: Redis answers with an error.
    mutating func servePublisher(_ index: Int, refuses: Bool = false, lose: (inout Self) -> Bool = { _ in false }) {
        guard !self.instances[index].commands.isEmpty else { return }
        let command = self.instances[index].commands.removeFirst()
        if refuses, case .message(let room, let stamp, _, _) = command {
            self.truths[EpochKey(room: room, origin: stamp.origin, epoch: stamp.epoch.id)]?.refused.insert(stamp.number)
            self.instances[index].answers.append(.refused)
            return
        }
        self.instances[index].answers.append(.accepted(listeners: self.carryOut(command, lose: lose)))
    }

    /// Carries out one command that an old connection left behind; its answer goes nowhere.
    mutating func serveLeftBehind(_ index: Int) {
        guard let place = self.instances[index].leftBehind.indices.randomElement(using: &self.random) else { return }
        _ = self.carryOut(self.instances[index].leftBehind[place].removeFirst())
        if self.instances[index].leftBehind[place].isEmpty {
            self.instances[index].leftBehind.remove(at: place)
        }
    }

    private mutating func carryOut(_ command: Command, lose: (inout Self) -> Bool = { _ in false }) -> Set<Int> {
        self.steps += 1
        var listeners: Set<Int> = []
        switch command {
        case .message(let room, let stamp, let id, let sent):
            let key = EpochKey(room: room, origin: stamp.origin, epoch: stamp.epoch.id)
            self.truths[key]?.carriedOut[stamp.number] = self.steps
            for other in self.instances.indices where self.instances[other].subscribedAtRedis.contains(room) {
                listeners.insert(other)
                if !lose(&self) {
                    self.instances[other].pushes.append(.message(room, stamp, id, sent: sent))
                }
            }
        case .tails(let room, let announcement):
            for other in self.instances.indices where self.instances[other].subscribedAtRedis.contains(room) {
                self.instances[other].pushes.append(.announcement(announcement))
            }
        case .inner(let announcement, _):
            for other in self.instances.indices where self.instances[other].isListening {
                listeners.insert(other)
                self.instances[other].pushes.append(.announcement(announcement))
            }
        case .subscribe, .unsubscribe: break
        }
        return listeners
    }

    func isAlive(_ origin: BusOrigin) -> Bool {
        self.instances.contains { $0.origin == origin && $0.isAlive }
    }

    // MARK: - What the network does

    /// The subscribing connection is lost with all that is under way on it.
    mutating func cutSubscriber(_ index: Int) {
        guard self.instances[index].isListening else { return }
        self.instances[index].isListening = false
        self.instances[index].orders = []
        self.instances[index].pushes = []
        self.instances[index].subscribedAtRedis = []
        let since = self.instances[index].provenAt
        self.instances[index].missingSince = min(since, self.instances[index].missingSince ?? since)
        self.instances[index].subscriptions.lost()
        self.examine(index)
    }

    mutating func reopenSubscriber(_ index: Int) {
        guard !self.instances[index].isListening, self.instances[index].isAlive else { return }
        self.instances[index].isListening = true
        self.instances[index].provenAt = self.now
        self.instances[index].subscriptions.opened()
        self.examine(index)
    }

    /// The publishing connection is lost: Redis may still find some of what was under way, now or later.
    mutating func cutPublisher(_ index: Int) {
        guard self.instances[index].isPublishing else { return }
        self.instances[index].isPublishing = false
        let commands = self.instances[index].commands
        let arrived = Array(commands.prefix(Int.random(in: 0...commands.count, using: &self.random)))
        if !arrived.isEmpty {
            self.instances[index].leftBehind.append(arrived)
        }
        for command in self.instances[index].unanswered {
            switch command {
            case .tails(let room, _): self.instances[index].outbox.sequence.returned(room, at: self.now)
            case .inner(_, let question?): self.instances[index].recall.failed(question, at: self.now)
            default: break
            }
        }
        self.instances[index].commands = []
        self.instances[index].unanswered = []
        self.instances[index].answers = []
        self.instances[index].outbox.closed(at: self.now)
    }

    mutating func reopenPublisher(_ index: Int) {
        guard !self.instances[index].isPublishing, self.instances[index].isAlive else { return }
        self.instances[index].isPublishing = true
        let time = self.time(index)
        var random = self.random
        let again = self.instances[index].outbox.opened(at: self.now, time: time) { random.next() }
        self.random = random
        self.send(again, from: index)
    }

    /// An instance is gone for good, with all it knew.
    mutating func kill(_ index: Int) {
        self.cutSubscriber(index)
        self.cutPublisher(index)
        self.instances[index].isAlive = false
        self.instances[index].wanted = []
        self.instances[index].over += self.instances[index].stays.map { ($0.key, $0.value) }
        self.instances[index].stays = [:]
    }

    mutating func pass(_ duration: Duration) {
        self.now = self.now + duration
        for index in self.instances.indices where self.instances[index].pushes.isEmpty {
            // A PING was answered, and everything before it has come.
            self.instances[index].provenAt =
                self.instances[index].isListening ? self.now : self.instances[index].provenAt
        }
    }

    /// Lets everything under way arrive, and the last announcements be made.
    mutating func settle() {
        for _ in 0..<40 {
            for index in self.instances.indices where self.instances[index].isAlive {
                self.reopenSubscriber(index)
                self.reopenPublisher(index)
                self.keepUp(index)
                self.examine(index)
                while !self.instances[index].leftBehind.isEmpty {
                    self.serveLeftBehind(index)
                }
            }
            var isBusy = true
            while isBusy {
                isBusy = false
                for index in self.instances.indices where self.instances[index].isAlive {
                    while !self.instances[index].orders.isEmpty || !self.instances[index].commands.isEmpty
                        || !self.instances[index].pushes.isEmpty || !self.instances[index].answers.isEmpty
                    {
                        isBusy = true
                        self.serveSubscriber(index)
                        self.servePublisher(index)
                        self.read(index)
                        self.readAnswer(index)
                    }
                }
            }
            self.pass(.milliseconds(500))
        }
    }
}
