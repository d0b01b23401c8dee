/// The fleet's answers to a question.
package struct FleetAnswers: Equatable, Sendable {
    package struct Answer: Equatable, Sendable {
        package let instance: String
        package let body: [UInt8]

        package init(instance: String, body: [UInt8]) {
            self.instance = instance
            self.body = body
        }
    }

    package struct Refusal: Equatable, Sendable {
        package let instance: String
        package let reason: FleetRefusal

        package init(instance: String, reason: FleetRefusal) {
            self.instance = instance
            self.reason = reason
        }
    }

    /// Sorted by the instances' names, like everything below; includes the instance that asked.
    package private(set) var answers: [Answer] = []
    /// Instances that were reached but did not answer.
    package private(set) var refusals: [Refusal] = []
    /// Instances that are known but did not answer in time.
    ///
    /// There may be others that are not known.
    package private(set) var unanswered: [String]
    /// Whether every existing instance has answered.
    package let isComplete: Bool

    /// - Parameter isEverybody: Whether all were reached; all have answered only if none refused.
    package init(
        _ replies: [(instance: String, reply: FleetReply)],
        unanswered: [String] = [],
        isEverybody: Bool
    ) {
        for (instance, reply) in replies.sorted(by: { $0.instance < $1.instance }) {
            switch reply {
            case .answered(let body): self.answers.append(Answer(instance: instance, body: body))
            case .refused(let reason): self.refusals.append(Refusal(instance: instance, reason: reason))
            }
        }
        self.unanswered = unanswered.sorted()
        self.isComplete = isEverybody && self.refusals.isEmpty && unanswered.isEmpty
    }
}
