package import Instruments
package import Messaging

/// The client's side of a session: whoever holds its connection and speaks its language.
package protocol SessionOutput: AnyObject {
    func send(_ event: ServerEvent)
    /// Says that something it asked for is not done; where its language has no word for that, the connection ends.
    func refuse(_ refusal: Refusal, answering id: CommandID?)
    /// A ping whose pong brings the same payload back.
    func ping(_ payload: UInt64)
    /// Asks for the timer at this time.
    func wake(at: Instant)
    /// Reads nothing more of the client; what it has said and was not handled comes first when it is read again.
    func pauseReading()
    func resumeReading()
    /// Has the session say goodbye, writes the last word and ends the connection.
    func close(_ ending: Ending)
    /// All bytes that have been read of the client.
    var receivedBytes: UInt64 { get }
    /// When the message that has begun must be whole; `nil` while none has.
    var messageDeadline: Instant? { get }
    /// Whether bytes of ours to the client are still unsent.
    var hasUnsentBytes: Bool { get }
}
