/// Small replies to one connection, held so that all replies of one callback leave in one system call.
@safe
struct HeldReplies: ~Copyable {
    /// Larger replies go to the kernel separately.
    static let largest = 16 * 1024
    static let capacity = 64 * 1024

    // The loop's thread alone uses the bytes; they live as long as this value.
    let bytes: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private(set) var connection = ConnectionHandle(bits: 0)

    init() {
        unsafe self.bytes = .allocate(capacity: HeldReplies.capacity)
    }

    deinit {
        unsafe self.bytes.deallocate()
    }

    /// Whether `count` more bytes for this connection can be held with what is held.
    func hasRoom(for count: Int, to connection: ConnectionHandle) -> Bool {
        self.count == 0 || self.connection == connection && self.count + count <= HeldReplies.capacity
    }

    mutating func add(_ more: UnsafeBufferPointer<UInt8>, to connection: ConnectionHandle) {
        precondition(self.hasRoom(for: more.count, to: connection) && more.count <= HeldReplies.largest, "asked before")
        guard let base = more.baseAddress else { return }
        unsafe (self.bytes + self.count).initialize(from: base, count: more.count)
        self.count += more.count
        self.connection = connection
    }

    mutating func removeAll() {
        self.count = 0
    }

    mutating func drop(of connection: ConnectionHandle) {
        if self.connection == connection {
            self.count = 0
        }
    }
}
