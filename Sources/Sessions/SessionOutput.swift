package import Instruments
package import Messaging

/// The client's side of a session: the object that holds its connection and speaks its language.
package protocol SessionOutput: AnyObject {
    func send(_ event: ServerEvent)
    /// Says that something it asked for was refused; if its language cannot express that, the connection ends.
    func refuse(_ refusal: Refusal, answering id: CommandID?)
    /// Sends a ping whose pong brings back the same payload.
    func ping(_ payload: UInt64)
    /// Asks for the timer at this time.
    func wake(at: Instant)
    /// Stops reading from the client; input that was not handled comes first when it is read again.
    func pauseReading()
    func resumeReading()
    /// Makes the session say goodbye, writes the last frame and ends the connection.
    func close(_ ending: Ending)
    /// All bytes that have been read of the client.
    var receivedBytes: UInt64 { get }
    /// When the message that has begun must be whole; `nil` while none has.
    var messageDeadline: Instant? { get }
    /// Whether bytes of ours to the client are still unsent.
    var hasUnsentBytes: Bool { get }
}
