import Instruments

/// The questions of this instance that wait for answers.
struct FleetAsking: Sendable {
    /// Whose answers a question waits for.
    private enum Reach {
        /// Only this instance's own: the question was not published, so the answers will be incomplete.
        case alone
        /// It is on its way to the bus.
        case publishing
        /// The bus has passed it to this many connections, including this instance's own.
        case published(Int)
    }

    private struct Waiting {
        let until: Instant
        var reach: Reach
        /// The question came back to this instance: it receives the channel, so the answers can reach it too.
        var hasReturned = false
        var replies: [BusOrigin: (instance: String, reply: FleetReply)] = [:]
        var bytes = 0

        func isOver(own: BusOrigin) -> Bool {
            guard self.replies[own] != nil else { return false }
            switch self.reach {
            case .alone: return true
            case .publishing: return false
            case .published(let receivers): return self.hasReturned && self.replies.count >= receivers
            }
        }

        var isEverybody: Bool {
            guard case .published(let receivers) = self.reach else { return false }
            return self.hasReturned && self.replies.count >= receivers
        }
    }

    /// A question that is no longer waiting.
    struct Settled: Sendable, Equatable {
        let question: FleetNonce
        let answers: FleetAnswers
    }

    private let own: BusOrigin
    private let instance: String
    private let limits: FleetLimits
    private var waiting: [FleetNonce: Waiting] = [:]

    init(own: BusOrigin, instance: String, limits: FleetLimits) {
        self.own = own
        self.instance = instance
        self.limits = limits
    }

    var deadline: Instant? { self.waiting.values.map(\.until).min() }

    /// Starts waiting.
    ///
    /// - Parameter isPublished: Whether the question goes to the others at all.
    /// - Returns: Whether there is room for one more.
    mutating func begin(_ question: FleetNonce, isPublished: Bool, until: Instant) -> Bool {
        guard self.waiting.count < self.limits.waitingQuestions else { return false }
        self.waiting[question] = Waiting(until: until, reach: isPublished ? .publishing : .alone)
        return true
    }

    mutating func published(_ question: FleetNonce, receivers: Int, peers: FleetPeers) -> Settled? {
        self.waiting[question]?.reach = .published(receivers)
        return self.settleIfOver(question, peers)
    }

    /// The question has reached nobody, or not certainly.
    mutating func unpublished(_ question: FleetNonce, peers: FleetPeers) -> Settled? {
        self.waiting[question]?.reach = .alone
        return self.settleIfOver(question, peers)
    }

    /// This instance has received its own question.
    mutating func returned(_ question: FleetNonce, peers: FleetPeers) -> Settled? {
        self.waiting[question]?.hasReturned = true
        return self.settleIfOver(question, peers)
    }

    /// An answer came; only the first from each instance counts.
    mutating func answered(
        _ question: FleetNonce,
        by origin: BusOrigin,
        _ instance: String,
        _ reply: FleetReply,
        peers: FleetPeers
    ) -> Settled? {
        guard var one = self.waiting[question], one.replies[origin] == nil,
            one.replies.count <= self.limits.peers
        else { return nil }
        var taken = reply
        if case .answered(let body) = reply {
            if one.bytes + body.count <= self.limits.answersBytes {
                one.bytes += body.count
            } else {
                taken = .refused(.tooLarge)
            }
        }
        one.replies[origin] = (instance, taken)
        self.waiting[question] = one
        return self.settleIfOver(question, peers)
    }

    /// The bus is gone: nothing waits for the others any more.
    mutating func disconnected(peers: FleetPeers) -> [Settled] {
        self.waiting.keys.compactMap { self.unpublished($0, peers: peers) }
    }

    /// Settles all questions.
    mutating func stop(peers: FleetPeers) -> [Settled] {
        self.waiting.keys.compactMap { self.settle($0, peers) }
    }

    /// Settles the questions whose time is up.
    mutating func tick(at now: Instant, peers: FleetPeers) -> [Settled] {
        let late = self.waiting.filter { now >= $0.value.until }.keys
        return late.compactMap { self.settle($0, peers) }
    }

    private mutating func settleIfOver(_ question: FleetNonce, _ peers: FleetPeers) -> Settled? {
        guard self.waiting[question]?.isOver(own: self.own) == true else { return nil }
        return self.settle(question, peers)
    }

    private mutating func settle(_ question: FleetNonce, _ peers: FleetPeers) -> Settled? {
        guard var one = self.waiting.removeValue(forKey: question) else { return nil }
        if one.replies[self.own] == nil {
            one.replies[self.own] = (self.instance, .refused(.late))
        }
        let answers = FleetAnswers(
            Array(one.replies.values),
            unanswered: peers.names(without: Set(one.replies.keys)),
            isEverybody: one.isEverybody
        )
        return Settled(question: question, answers: answers)
    }
}
