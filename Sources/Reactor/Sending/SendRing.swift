import CLinux

/// An io_uring for sends that never wait; belongs to the thread that made it.
@safe
final class SendRing {
    // Used by the loop's thread alone; destroyed with this object, when nothing is under way since nothing ever waits.
    private let ring: OpaquePointer
    let capacity: Int

    /// `nil` where the kernel refuses.
    init?(entries: Int) {
        var failure: Int32 = 0
        guard let ring = unsafe linux_ring_create(UInt32(entries), &failure) else { return nil }
        unsafe self.ring = ring
        self.capacity = unsafe Int(linux_ring_capacity(ring))
    }

    deinit {
        unsafe linux_ring_destroy(self.ring)
    }

    /// Whether this kernel's ring does what we need: 0 or an errno.
    static func probe() -> Int32 {
        linux_ring_probe()
    }

    @inline(__always)
    func add(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>, _ count: UInt32, token: UInt64) {
        unsafe linux_ring_add_send(self.ring, descriptor, bytes, count, token)
    }

    /// Has the kernel carry out what was added; everything it took is done then.
    func submit() -> Bool {
        unsafe linux_ring_submit(self.ring) == 0
    }

    /// A send that the kernel did not take at all, after a failed `submit`.
    func takeBack() -> UInt64? {
        var token: UInt64 = 0
        return unsafe linux_ring_take_back(self.ring, &token) ? token : nil
    }

    /// A send of which not everything was taken: how many bytes were, or a negative errno.
    func nextFailure() -> (token: UInt64, result: Int)? {
        var token: UInt64 = 0
        var result: Int32 = 0
        return unsafe linux_ring_next_failure(self.ring, &token, &result) ? (token, Int(result)) : nil
    }
}
