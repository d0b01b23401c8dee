/// Why something that a client asked for was refused: the code that programs read, and a sentence for developers.
///
/// Each protocol says so in its own way, with an error or by ending the connection.
package struct Refusal: Error, Hashable, Sendable {
    package let code: ErrorCode
    /// What is wrong and what would be right, without secrets.
    package let sentence: String

    package init(_ code: ErrorCode, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}
