/// Seals what leaves one socket and opens what comes in, in records: TLS, of which the engine knows no more than this.
///
/// It works on memory that the loop lends for a call. Everything is called on the socket's loop; a detached socket
/// takes its cipher to another.
package protocol Cipher: AnyObject {
    /// Whether plain bytes can be sealed, for which a handshake has to be over; what is sent before waits.
    ///
    /// Becomes true in `begin` or `open`, and stays so.
    var isReady: Bool { get }

    /// Called once, first of all, when the socket stands: says what has to be said unasked.
    func begin(saying output: inout OutputSpan<UInt8>)

    /// Opens what was read.
    ///
    /// - Parameters:
    ///   - sealed: Used up by the call. The beginning of a record is kept. Whatever is whole is opened now, since
    ///     nobody asks for it later.
    ///   - plain: Has room for as many bytes as `sealed` has, and for those of one record more.
    ///   - output: What has to be said because of what was read. It goes out behind what was sealed before, and before
    ///     what is sealed next. What does not fit is a failure.
    func open(
        _ sealed: Span<UInt8>,
        into plain: inout OutputSpan<UInt8>,
        saying output: inout OutputSpan<UInt8>
    ) -> CipherInput

    /// Makes one record of the first plain bytes; called only when `isReady`.
    ///
    /// - Parameter record: Has room for `CipherRoom.sealedRecordBytes`.
    /// - Returns: How many plain bytes are in it; 0 where it cannot be made, and then the connection ends.
    func seal(_ plain: Span<UInt8>, into record: inout OutputSpan<UInt8>) -> Int

    /// Says that nothing more will be sent; called once, last of all.
    func sayGoodbye(_ output: inout OutputSpan<UInt8>)
}

/// How a cipher's input goes on.
package enum CipherInput: Sendable {
    case open
    /// The peer has said goodbye: what comes behind it is ignored.
    case ended
    /// What came is not what may come. What was opened before still counts.
    case failed
}
