/// Seals what leaves one socket and opens what comes in, in records.
///
/// This is all that the engine knows of TLS.
///
/// It works on memory that the loop lends for each call. All calls are made on the socket's loop; a detached socket
/// takes its cipher to another loop.
package protocol Cipher: AnyObject {
    /// Whether plain bytes can be sealed, which requires the handshake to be over; until then, what is sent waits.
    ///
    /// Becomes true in `begin` or `open`, and stays true.
    var isReady: Bool { get }

    /// Called once, before everything else, when the socket is connected: writes what must be sent first.
    func begin(saying output: inout OutputSpan<UInt8>)

    /// Opens the bytes that were read.
    ///
    /// - Parameters:
    ///   - sealed: Consumed by the call. The beginning of a record is kept. All complete records are opened now, since
    ///     there may be no later call.
    ///   - plain: Has room for as many bytes as `sealed`, plus one record.
    ///   - output: What must be sent in reaction to what was read. It goes out after what was sealed before, and before
    ///     what is sealed next. If it does not fit, that is a failure.
    func open(
        _ sealed: Span<UInt8>,
        into plain: inout OutputSpan<UInt8>,
        saying output: inout OutputSpan<UInt8>
    ) -> CipherInput

    /// Makes one record of the first plain bytes; called only when `isReady`.
    ///
    /// - Parameter record: Has room for `CipherRoom.sealedRecordBytes`.
    /// - Returns: How many plain bytes are in it; 0 if it cannot be made, which ends the connection.
    func seal(_ plain: Span<UInt8>, into record: inout OutputSpan<UInt8>) -> Int

    /// Announces that nothing more will be sent; called once, at the end.
    func sayGoodbye(_ output: inout OutputSpan<UInt8>)
}

/// The state of a cipher's input.
package enum CipherInput: Sendable {
    case open
    /// The peer has said goodbye: whatever follows is ignored.
    case ended
    /// The input was not valid. What was opened before still counts.
    case failed
}
