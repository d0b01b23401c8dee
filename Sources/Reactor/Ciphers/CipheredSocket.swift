/// A socket's cipher, and the state of both.
///
/// Kept in the loop's table by the connection's slot, so that a connection without one needs no memory for it.
final class CipheredSocket: @unchecked Sendable {
    // Safe to send: it belongs to one loop at a time, and passes to another inside a `DetachedSocket`, which is not
    // copied and has left the first loop by then.
    let cipher: any Cipher
    /// What was read but not opened yet: it arrived before the cipher was added, or reading was paused.
    var unopened: [UInt8] = []
    /// On the way to another loop: sealed bytes that the kernel has not taken yet.
    var unsent: [UInt8] = []
    /// The state of its input, as far as it was read.
    var input = CipherInput.open
    var hasSaidGoodbye = false

    init(_ cipher: any Cipher) {
        self.cipher = cipher
    }
}
