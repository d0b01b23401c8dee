/// What a cipher has sealed or wants to send and the kernel has not taken yet: at most one record, then the rest.
struct SealedBytes {
    private var bytes: [UInt8] = []
    private var taken = 0
    /// Where the record ends.
    private var recordEnd = 0
    /// How many plain bytes the record contains; 0 once its last byte has been taken.
    private(set) var plain = 0

    /// How many bytes the kernel has not taken.
    var count: Int {
        self.bytes.count - self.taken
    }

    var isEmpty: Bool {
        self.count == 0
    }

    var left: Span<UInt8> {
        @_lifetime(borrow self)
        get { self.bytes.span.extracting(self.taken...) }
    }

    /// Keeps the rest of a record.
    mutating func hold(_ rest: Span<UInt8>, of plain: Int) {
        precondition(self.isEmpty, "one record is in flight at most")
        self.append(rest)
        self.recordEnd = rest.count
        self.plain = plain
    }

    /// Adds what the cipher wants to send.
    mutating func append(_ said: Span<UInt8>) {
        unsafe said.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
    }

    /// The kernel has taken this many more bytes; returns how many plain bytes are written as a result.
    mutating func take(_ count: Int) -> Int {
        self.taken += count
        guard self.isEmpty || self.plain > 0 && self.taken >= self.recordEnd else { return 0 }
        let written = self.plain
        self.plain = 0
        if self.isEmpty {
            self = SealedBytes()
        }
        return written
    }
}
