import Instruments
package import Messaging
import Reactor

/// Commands that wait for the broker to deliver their room.
extension RoomShard {
    /// A client that asks for the same room again and again has so many commands waiting.
    static let answersWaiting = 16

    /// Tells a member, at once or later, that the broker delivers its room.
    ///
    /// If the broker does not within the shard's patience, the delegate is told that the member is refused.
    ///
    /// - Returns: Why not, where too many of its commands wait already.
    package func answerWhenConfirmed(_ subscription: Subscription, _ answer: SubscriptionAnswer?) -> Refusal? {
        guard let answer else { return nil }
        let room = subscription.room
        guard !room.isConfirmed else {
            self.delegate?.subscribed(subscription.member, answer)
            return nil
        }
        let new = LocalRoom.Waiting(member: subscription.member, deadline: self.loop.now + self.patience)
        var waiting = room.waiting[ObjectIdentifier(subscription)] ?? new
        guard waiting.answers.count < Self.answersWaiting else {
            return Refusal(.rateLimited, "\(Self.answersWaiting) subscribes to room \(room.name) wait for the broker")
        }
        waiting.answers.append(answer)
        room.waiting[ObjectIdentifier(subscription)] = waiting
        self.waitingRooms[room.source] = room
        self.watchWaiting(until: waiting.deadline)
        return nil
    }

    /// The member waits no more.
    func stopWaiting(_ subscription: Subscription) {
        let room = subscription.room
        guard !room.waiting.isEmpty else { return }
        room.waiting[ObjectIdentifier(subscription)] = nil
        self.noteWaiting(room)
    }

    func noteWaiting(_ room: LocalRoom) {
        guard room.waiting.isEmpty else { return }
        self.waitingRooms[room.source] = nil
        if self.waitingRooms.isEmpty, let timer = self.waitingTimer.take() {
            self.loop.cancel(timer)
        }
    }

    /// One timer, for the command that has waited for longest.
    private func watchWaiting(until deadline: Instant) {
        guard self.waitingTimer == nil else { return }
        self.waitingTimer = self.loop.schedule(after: max(deadline - self.loop.now, .zero)) { [weak self] in
            self?.waitingTimer = nil
            self?.endWaiting()
        }
    }

    private func endWaiting() {
        let now = self.loop.now
        var over: [(RoomName, LocalRoom.Waiting)] = []
        var next: Instant?
        for room in Array(self.waitingRooms.values) {
            for (subscription, waiting) in room.waiting {
                if waiting.deadline <= now {
                    over.append((room.name, waiting))
                    room.waiting[subscription] = nil
                } else {
                    next = min(waiting.deadline, next ?? waiting.deadline)
                }
            }
            self.noteWaiting(room)
        }
        if let next {
            // All that wait are looked at each time, so not for each of them.
            self.watchWaiting(until: max(next, now + .milliseconds(100)))
        }
        for (room, waiting) in over {
            let sentence = "the broker has not confirmed the subscription to room \(room) in time"
            self.delegate?.refused(waiting.member, room, Refusal(.brokerUnavailable, sentence), waiting.answers)
        }
    }

    /// The broker does not deliver this room: whoever is in it here is told, and has to leave it.
    package func refuse(_ name: RoomName, _ refusal: Refusal) {
        guard let room = self.rooms[name] else { return }
        var answers: [ConnectionHandle: [SubscriptionAnswer]] = [:]
        for waiting in room.waiting.values {
            answers[waiting.member, default: []] += waiting.answers
        }
        room.waiting = [:]
        self.noteWaiting(room)
        var members: [ConnectionHandle] = []
        room.forEachAudience { members += $0.members }
        for member in members {
            self.delegate?.refused(member, name, refusal, answers[member] ?? [])
        }
        // Another loop may have joined it meanwhile, for which nobody has asked the broker.
        self.broker.reconsider([name])
    }
}
