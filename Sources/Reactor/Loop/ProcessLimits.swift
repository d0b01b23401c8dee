import CLinux

/// What the system lets this process have, found out before it is needed.
package enum ProcessLimits {
    /// Raises the soft limit of open descriptors to the hard one; where that is refused, it stays as it was.
    package static func raiseDescriptors() {
        _ = linux_raise_descriptor_limit()
    }

    /// How many descriptors may be open at the same time.
    package static var descriptors: Int {
        Int(clamping: linux_descriptor_limit())
    }

    /// Makes sure that `count` more threads can be had at the same time.
    ///
    /// Threads are made all over a running process, also by libraries that do not report when they cannot make one.
    ///
    /// - Throws: `ReactorError.system`.
    package static func tryThreads(_ count: Int) throws(ReactorError) {
        let result = linux_try_threads(Int32(min(count, 256)))
        guard result >= 0 else { throw .system(call: "pthread_create", errno: -result) }
    }
}
