/// Memory that a loop lends to its ciphers, one call after the other.
@safe
final class CipherRoom {
    /// The largest number of plain bytes in one record.
    static let recordBytes = 16 * 1024
    /// The largest size of a sealed record.
    static let sealedRecordBytes = CipherRoom.recordBytes + 2048
    /// The most that a cipher may want to send at once, and that may be waiting.
    static let saidBytes = 64 * 1024
    /// The most that is read at once.
    static let receivedBytes = 64 * 1024

    // Only the loop's thread uses the bytes; they live as long as this object.
    /// Plain bytes of several pieces, collected for one record.
    let plain: UnsafeMutableBufferPointer<UInt8>
    /// A record, or what the cipher wants to send.
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
