import CLinux

/// Owns one open file descriptor and closes it unless it is given away.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    deinit {
        _ = linux_close(self.number)
    }
}
