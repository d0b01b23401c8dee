/// The questions that the instances of a fleet ask each other: a closed list.
package enum FleetSubject: String, CaseIterable, Sendable {
    /// What became of a message.
    case explain
    /// What the management interface answers to a path and query.
    case inspect
    /// Close connections.
    case close
    /// Log and trace more of one user for some time.
    case debug

    /// Whether the question is a command; questions that only read may be asked without a key.
    package var isCommand: Bool {
        switch self {
        case .explain, .inspect: false
        case .close, .debug: true
        }
    }
}

/// One question to every instance of the fleet.
package struct FleetQuestion: Equatable, Sendable {
    package enum Fault: Error, Equatable, Sendable {
        case tooLarge(bytes: Int, limit: Int)
    }

    package let subject: FleetSubject
    /// What exactly is asked, in the format of the subject.
    package let body: [UInt8]

    package init(
        _ subject: FleetSubject,
        _ body: [UInt8] = [],
        limits: FleetLimits = FleetLimits()
    ) throws(Fault) {
        guard body.count <= limits.questionBytes else {
            throw .tooLarge(bytes: body.count, limit: limits.questionBytes)
        }
        self.subject = subject
        self.body = body
    }
}
