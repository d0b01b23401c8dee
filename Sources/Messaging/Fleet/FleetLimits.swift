/// Bounds of the fleet channel: anybody who may publish to it can try them.
package struct FleetLimits: Sendable {
    /// The longest body of a question, in bytes.
    package var questionBytes = 16 * 1024
    /// The longest body of an answer.
    package var answerBytes = 256 * 1024
    /// All answers to one question together.
    package var answersBytes = 4 << 20
    /// The longest time that answers are waited for, and in which a question has to be answered.
    package var patience = Duration.seconds(2)
    /// Questions of this instance that wait for answers; further ones are not asked.
    package var waitingQuestions = 32
    /// Questions that this instance is answering; to further ones it says that it is busy.
    package var questionsAnswered = 16
    /// Other instances that are remembered.
    package var peers = 1000
    package var heartbeatInterval = Duration.seconds(5)
    /// A peer is forgotten when nothing was heard of it for so long.
    package var forgetAfter = Duration.seconds(30)
    /// How far the time in a message may be from the fleet's clock, either way.
    package var clockTolerance = Duration.seconds(30)
    /// At least so many messages are remembered, to know them if they come again.
    package var rememberedNonces = 32_768

    package init() {}

    /// No message is longer: fields and signature have room beside the longest body.
    var messageBytes: Int { max(self.questionBytes, self.answerBytes) + 4096 }
}
