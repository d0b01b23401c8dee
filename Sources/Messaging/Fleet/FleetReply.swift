/// One instance's reply to a question.
package enum FleetReply: Equatable, Sendable {
    case answered([UInt8])
    case refused(FleetRefusal)

    /// The same reply, or a refusal if it is too large to be passed on.
    func bounded(by limits: FleetLimits) -> FleetReply {
        guard case .answered(let body) = self, body.count > limits.answerBytes else { return self }
        return .refused(.tooLarge)
    }
}

/// Why an instance that was reached does not answer a question.
package enum FleetRefusal: UInt8, CaseIterable, Sendable {
    /// It tried and failed, or refused for a reason that this build does not know.
    case failed = 0
    /// It does not know the subject.
    case notSupported = 1
    /// It is already answering as many questions as it can at once.
    case busy = 2
    /// The answer is too long.
    case tooLarge = 3
    /// The answer was not ready in time.
    case late = 4
}

extension FleetRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .failed: "it could not answer"
        case .notSupported: "it does not know the question"
        case .busy: "it is answering too many questions already"
        case .tooLarge: "its answer is too large"
        case .late: "its answer was not ready in time"
        }
    }
}
