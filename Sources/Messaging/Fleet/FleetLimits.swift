/// Bounds for the fleet channel, which anybody who can publish to it may test.
package struct FleetLimits: Sendable {
    /// The longest body of a question, in bytes.
    package var questionBytes = 16 * 1024
    /// The longest body of an answer.
    package var answerBytes = 256 * 1024
    /// The limit for all answers to one question together.
    package var answersBytes = 4 << 20
    /// The longest wait for answers, and the time limit for answering a question.
    package var patience = Duration.seconds(2)
    /// How many questions of this instance may wait for answers; further ones are not asked.
    package var waitingQuestions = 32
    /// How many questions this instance may answer at once; further ones are told that it is busy.
    package var questionsAnswered = 16
    /// How many other instances are remembered.
    package var peers = 1000
    package var heartbeatInterval = Duration.seconds(5)
    /// A peer is forgotten when nothing has been heard from it for this long.
    package var forgetAfter = Duration.seconds(30)
    /// How far the time in a message may differ from the fleet's clock, in either direction.
    package var clockTolerance = Duration.seconds(30)
    /// At least this many messages are remembered, to recognise repeats.
    package var rememberedNonces = 32_768

    package init() {}

    /// The longest message: the longest body, plus room for fields and signature.
    var messageBytes: Int { max(self.questionBytes, self.answerBytes) + 4096 }
}
