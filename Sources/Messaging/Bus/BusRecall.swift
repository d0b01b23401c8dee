package import Instruments

/// After this instance was away, asks how far every origin has come, until all have answered.
///
/// Announcements made while a subscription was away are lost with the messages they describe. So all origins that
/// listen are asked for them; the broker says how many the question has reached. An origin that was away itself does
/// not hear the question; it asks its own when it is back, and then it is asked again.
package struct BusRecall: Sendable {
    /// What the origins are asked.
    package struct Asking: Equatable, Sendable {
        package let question: BusQuestion
        /// How long this instance was away, with a margin for what is under way.
        package let away: Duration
    }

    private struct Open {
        let question: BusQuestion
        let since: Instant
        var answered: Set<BusOrigin> = []
        /// How many heard the question; `nil` until the broker has said so.
        var heard: Int?
        /// When to ask, or to ask again; `nil` once all have answered.
        var next: Instant?
        var patience: Duration
    }

    /// Covers what was sent before the absence was noticed, or is on its way to those asked.
    package static let margin = Duration.seconds(10)

    private let origin: BusOrigin
    private let limits: BusSequenceLimits
    private var lastNumber: UInt64 = 0
    private var open: Open?

    package init(origin: BusOrigin, limits: BusSequenceLimits = BusSequenceLimits()) {
        self.origin = origin
        self.limits = limits
    }

    /// When `ask` next has something, unless something happens before; `nil` if never.
    package var nextDue: Instant? { self.open?.next }

    /// All rooms are subscribed again; something may have been missed in between.
    ///
    /// - Parameter since: Everything until then has arrived.
    package mutating func returned(missingSince since: Instant, at now: Instant) {
        self.lastNumber += 1
        let isOpen = self.open?.next != nil
        self.open = Open(
            question: BusQuestion(asker: self.origin, number: self.lastNumber),
            since: isOpen ? min(since, self.open?.since ?? since) : since,
            next: now,
            patience: self.limits.firstPatience
        )
    }

    /// The question to publish now, if it is time for one.
    package mutating func ask(at now: Instant) -> Asking? {
        guard var open = self.open, let next = open.next, next <= now else { return nil }
        let away = now - open.since
        guard away <= self.limits.idle else {
            // Nobody remembers for that long.
            self.open = nil
            return nil
        }
        open.next = now + open.patience
        open.patience = min(open.patience * 2, self.limits.longestPatience)
        open.heard = nil
        self.open = open
        return Asking(question: open.question, away: away + Self.margin)
    }

    /// The broker has passed the question on to this many, including this instance.
    package mutating func asked(_ question: BusQuestion, heardBy count: Int) {
        guard self.open?.question == question else { return }
        self.open?.heard = count
        self.settle()
    }

    /// The question did not get through, or not certainly.
    package mutating func failed(_ question: BusQuestion, at now: Instant) {
        if self.open?.question == question, self.open?.next != nil {
            self.open?.next = now + self.limits.silence
        }
    }

    /// An origin has announced all that it was asked for.
    package mutating func answered(_ question: BusQuestion, by origin: BusOrigin) {
        guard self.open?.question == question else { return }
        self.open?.answered.insert(origin)
        self.settle()
    }

    /// Another instance was away too and may not have heard this one's question.
    package mutating func other(_ origin: BusOrigin, wasAwayAt now: Instant) {
        guard let open = self.open, !open.answered.contains(origin) else { return }
        let soon = now + self.limits.silence
        self.open?.next = open.next.map { min($0, soon) } ?? soon
    }

    private mutating func settle() {
        if let open = self.open, let heard = open.heard, open.answered.count >= heard {
            self.open?.next = nil
        }
    }
}
