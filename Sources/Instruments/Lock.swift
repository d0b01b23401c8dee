import Glibc

/// A mutual exclusion lock around a value, for shared tables that are mostly read.
///
/// Held for a look-up or a change, never while calling other parts. It is a `pthread_mutex`: on Linux the thread
/// sanitizer does not see the futex calls of `Synchronization.Mutex` and would report false races.
@safe
package final class Lock<Value>: @unchecked Sendable {
    // Safe to share: `value` is only used between lock and unlock, and the mutex lives on the heap for as long as
    // this object does, so its address never changes.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: sending Value) {
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(self.mutex, nil)
        self.value = value
    }

    deinit {
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.mutex.deallocate()
    }

    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        return try body(&self.value)
    }
}
