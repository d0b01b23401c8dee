import Instruments

/// Identifies one question that this instance answers, its own or another's.
package struct FleetTicket: Hashable, Sendable {
    let question: FleetNonce
    let asker: BusOrigin
}

/// The questions that this instance is answering, bounded in number and time.
struct FleetAnswering: Sendable {
    private enum Stage {
        /// The responder is at work.
        case working(until: Instant)
        /// It was told to stop, and its place is free once it has.
        case givenUp
        /// The reply is on its way to the bus.
        case publishing
    }

    private let limits: FleetLimits
    private var stages: [FleetTicket: Stage] = [:]
    /// Refusals on their way to the bus.
    private var refusing: Set<FleetTicket> = []

    init(limits: FleetLimits) {
        self.limits = limits
    }

    var deadline: Instant? {
        self.stages.values.compactMap { if case .working(let until) = $0 { until } else { nil } }.min()
    }

    /// Starts answering.
    ///
    /// - Returns: Whether there is room for one more.
    mutating func begin(_ ticket: FleetTicket, at now: Instant) -> Bool {
        guard self.stages[ticket] == nil, self.stages.count < self.limits.questionsAnswered else { return false }
        self.stages[ticket] = .working(until: now + self.limits.patience)
        return true
    }

    /// The responder has ended.
    ///
    /// - Parameter isPublished: Whether the reply goes to the bus; then the place is free once it is there.
    /// - Returns: Whether the reply came in time.
    mutating func answered(_ ticket: FleetTicket, isPublished: Bool) -> Bool {
        guard case .working? = self.stages[ticket] else {
            self.stages[ticket] = nil
            return false
        }
        self.stages[ticket] = isPublished ? .publishing : nil
        return true
    }

    /// A question must be refused.
    ///
    /// - Returns: Whether a refusal may be sent; if there are too many, it is not.
    mutating func refuse(_ ticket: FleetTicket) -> Bool {
        self.refusing.count < self.limits.questionsAnswered * 4 && self.refusing.insert(ticket).inserted
    }

    /// A reply has reached the bus, or never will.
    mutating func published(_ ticket: FleetTicket) {
        if self.refusing.remove(ticket) == nil {
            self.stages[ticket] = nil
        }
    }

    /// - Returns: The questions whose time is up: their responders must be told.
    mutating func tick(at now: Instant) -> [FleetTicket] {
        var late: [FleetTicket] = []
        for case (let ticket, .working(let until)) in self.stages where now >= until {
            late.append(ticket)
        }
        for ticket in late {
            self.stages[ticket] = .givenUp
        }
        return late
    }
}
