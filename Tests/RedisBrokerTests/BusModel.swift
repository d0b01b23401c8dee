import Instruments
import Messaging
import TestKit

@testable import RedisBroker

/// Redis and some instances in miniature: the real decisions of both sides, over connections that deliver whenever a
/// seeded generator says so.
///
/// What is lost and what comes twice is known exactly, so what is counted can be held to it.
struct BusModel {
    enum Push {
        case subscribed(RoomName)
        case unsubscribed(RoomName)
        case message(RoomName, BusStamp)
        case tails(BusOrigin, [BusTail])
    }

    enum Command {
        case subscribe(RoomName)
        case unsubscribe(RoomName)
        case message(RoomName, BusStamp)
        case tails([BusTail])
    }

    /// One instance: what it decides with, what is under way, and what Redis knows of its connections.
    struct Instance {
        var wanted: Set<RoomName> = []
        var subscriptions = RedisSubscriptions(maximumUnconfirmed: 5)
        var receiver = BusSequenceReceiver()
        var publisher: BusSequencePublisher
        /// From the subscribing connection to Redis, and back.
        var orders: [Command] = []
        var pushes: [Push] = []
        /// From the publishing connection to Redis, and the commands that Redis has answered or will.
        var publications: [Command] = []
        var unanswered: [Command] = []
        /// How many of `unanswered` are answered, the answers being under way.
        var answered = 0
        var subscribedAtRedis: Set<RoomName> = []
        var isOpen = true
        var hasToRecall = false

        var delivered: [RoomName: [BusStamp]] = [:]
        var gaps: UInt64 = 0
        var duplicates: UInt64 = 0
    }

    var instances: [Instance]
    let rooms: [RoomName]
    var random: SeededGenerator
    var now = Instant(nanoseconds: 1_000_000_000)
    /// What Redis has taken, in its order.
    var taken: [RoomName: [BusStamp]] = [:]

    init(instances: Int, rooms: Int, seed: UInt64) {
        self.instances = (0..<instances).map { number in
            var instance = Instance(
                publisher: BusSequencePublisher(origin: BusOrigin(high: UInt64(number + 1), low: 0))
            )
            instance.subscriptions.opened()
            return instance
        }
        self.rooms = (0..<rooms).map { try! RoomName("room\($0)") }
        self.random = SeededGenerator(seed: seed)
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self.random) < percent
    }

    mutating func anyone() -> Int {
        Int.random(in: 0..<self.instances.count, using: &self.random)
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
        if self.chance(70) {
            self.examine(index)
        }
    }

    mutating func examine(_ index: Int) {
        let wanted = self.instances[index].wanted
        let findings = self.instances[index].subscriptions.examine { wanted.contains($0) }
        for room in findings.forgotten {
            self.instances[index].receiver.forget(room)
        }
        self.instances[index].orders += findings.subscribe.map { .subscribe($0) }
        self.instances[index].orders += findings.unsubscribe.map { .unsubscribe($0) }
        if self.instances[index].hasToRecall, self.instances[index].subscriptions.isBack {
            self.instances[index].hasToRecall = false
            for other in self.instances.indices {
                self.instances[other].publisher.recall(.seconds(600), at: self.now)
            }
        }
    }

    mutating func publish(_ room: RoomName, from index: Int) {
        let stamp = self.instances[index].publisher.stamp(room, at: self.now, newEpoch: self.random.next())
        self.instances[index].publications.append(.message(room, stamp))
        self.instances[index].unanswered.append(.message(room, stamp))
    }

    mutating func announce(_ index: Int) {
        let tails = self.instances[index].publisher.takeNews()
        guard !tails.isEmpty else { return }
        self.instances[index].publications.append(.tails(tails))
        self.instances[index].unanswered.append(.tails(tails))
    }

    /// Reads one thing that Redis has pushed.
    mutating func read(_ index: Int) {
        guard self.instances[index].isOpen, !self.instances[index].pushes.isEmpty else { return }
        switch self.instances[index].pushes.removeFirst() {
        case .subscribed(let room):
            if self.instances[index].subscriptions.subscribed(room) {
                self.instances[index].receiver.confirmed(room)
            }
            self.examine(index)
        case .unsubscribed(let room):
            _ = self.instances[index].subscriptions.unsubscribed(room)
            self.examine(index)
        case .message(let room, let stamp):
            switch self.instances[index].receiver.judge(stamp, in: room, at: self.now) {
            case .next(let missing):
                self.instances[index].gaps += missing
                self.instances[index].delivered[room, default: []].append(stamp)
            case .repeated:
                self.instances[index].duplicates += 1
            }
        case .tails(let origin, let tails):
            for tail in tails {
                self.instances[index].gaps += self.instances[index].receiver.heard(tail, of: origin, at: self.now)
            }
        }
    }

    /// Reads one answer to a publication.
    mutating func readAnswer(_ index: Int) {
        guard self.instances[index].answered > 0 else { return }
        self.instances[index].answered -= 1
        if case .message(let room, let stamp) = self.instances[index].unanswered.removeFirst() {
            self.instances[index].publisher.accepted(stamp, in: room)
        }
    }

    // MARK: - What Redis does

    mutating func serveSubscriber(_ index: Int) {
        guard !self.instances[index].orders.isEmpty else { return }
        switch self.instances[index].orders.removeFirst() {
        case .subscribe(let room):
            self.instances[index].subscribedAtRedis.insert(room)
            self.instances[index].pushes.append(.subscribed(room))
        case .unsubscribe(let room):
            self.instances[index].subscribedAtRedis.remove(room)
            self.instances[index].pushes.append(.unsubscribed(room))
        case .message, .tails:
            break
        }
    }

    /// - Parameters: `lose` and `double` say what becomes of one message on its way to one instance.
    mutating func servePublisher(
        _ index: Int,
        lose: (inout Self, Int, RoomName, BusStamp) -> Bool = { _, _, _, _ in false },
        double: (inout Self, Int, RoomName, BusStamp) -> Bool = { _, _, _, _ in false }
    ) {
        guard !self.instances[index].publications.isEmpty else { return }
        let command = self.instances[index].publications.removeFirst()
        self.instances[index].answered += 1
        switch command {
        case .message(let room, let stamp):
            self.taken[room, default: []].append(stamp)
            for other in self.instances.indices where self.instances[other].subscribedAtRedis.contains(room) {
                guard !lose(&self, other, room, stamp) else { continue }
                self.instances[other].pushes.append(.message(room, stamp))
                if double(&self, other, room, stamp) {
                    self.instances[other].pushes.append(.message(room, stamp))
                }
            }
        case .tails(let tails):
            let origin = self.instances[index].publisher.origin
            for other in self.instances.indices where self.instances[other].isOpen {
                self.instances[other].pushes.append(.tails(origin, tails))
            }
        case .subscribe, .unsubscribe:
            break
        }
    }

    // MARK: - What the network does

    /// The subscribing connection is lost with all that is under way on it.
    mutating func cutSubscriber(_ index: Int) {
        guard self.instances[index].isOpen else { return }
        self.instances[index].isOpen = false
        self.instances[index].orders = []
        self.instances[index].pushes = []
        self.instances[index].subscribedAtRedis = []
        self.instances[index].subscriptions.lost()
        self.examine(index)
    }

    mutating func reopenSubscriber(_ index: Int) {
        guard !self.instances[index].isOpen else { return }
        self.instances[index].isOpen = true
        self.instances[index].hasToRecall = true
        self.instances[index].subscriptions.opened()
        self.examine(index)
    }

    /// The publishing connection is lost: Redis may still find some of what was under way, the answers are gone.
    mutating func cutPublisher(_ index: Int) {
        let found = Int.random(in: 0...self.instances[index].publications.count, using: &self.random)
        for _ in 0..<found {
            self.servePublisher(index)
        }
        for command in self.instances[index].unanswered {
            switch command {
            case .message(let room, let stamp): self.instances[index].publisher.doubted(stamp, in: room)
            case .tails(let tails): self.instances[index].publisher.returned(tails)
            case .subscribe, .unsubscribe: break
            }
        }
        self.instances[index].publications = []
        self.instances[index].unanswered = []
        self.instances[index].answered = 0
        self.announce(index)
    }

    /// Lets everything under way arrive, and the last announcements be made.
    mutating func settle() {
        for _ in 0..<3 {
            for index in self.instances.indices {
                self.reopenSubscriber(index)
            }
            var isBusy = true
            while isBusy {
                isBusy = false
                for index in self.instances.indices {
                    self.examine(index)
                    while !self.instances[index].orders.isEmpty || !self.instances[index].publications.isEmpty
                        || !self.instances[index].pushes.isEmpty || self.instances[index].answered > 0
                    {
                        isBusy = true
                        self.serveSubscriber(index)
                        self.servePublisher(index)
                        self.read(index)
                        self.readAnswer(index)
                    }
                }
            }
            for index in self.instances.indices {
                self.announce(index)
            }
        }
    }
}
