/// Memory that a loop lends to its ciphers, one call after the other.
@safe
final class CipherRoom {
    /// The most plain bytes that one record holds.
    static let recordBytes = 16 * 1024
    /// The most bytes that one record has when it is sealed.
    static let sealedRecordBytes = CipherRoom.recordBytes + 2048
    /// The most that a cipher may say at once, and that may wait of it.
    static let saidBytes = 64 * 1024
    /// The most that is read at once.
    static let receivedBytes = 64 * 1024

    // The loop's thread alone uses the bytes; they live as long as this object.
    /// Plain bytes of several pieces, put together for one record.
    let plain: UnsafeMutableBufferPointer<UInt8>
    /// A record, or what the cipher says.
    let sealed: UnsafeMutableBufferPointer<UInt8>
    let received: UnsafeMutableBufferPointer<UInt8>

    init() {
        unsafe self.plain = .allocate(capacity: CipherRoom.recordBytes)
        unsafe self.sealed = .allocate(capacity: CipherRoom.saidBytes)
        unsafe self.received = .allocate(capacity: CipherRoom.receivedBytes)
    }

    deinit {
        unsafe self.plain.deallocate()
        unsafe self.sealed.deallocate()
        unsafe self.received.deallocate()
    }

    /// What a cipher writes into `sealed`.
    func fill(_ limit: Int, _ body: (inout OutputSpan<UInt8>) -> Void) -> UnsafeBufferPointer<UInt8> {
        let space = unsafe UnsafeMutableBufferPointer(rebasing: self.sealed[..<limit])
        var output = unsafe OutputSpan(buffer: space, initializedCount: 0)
        body(&output)
        let count = unsafe output.finalize(for: space)
        return unsafe UnsafeBufferPointer(rebasing: space[..<count])
    }
}
