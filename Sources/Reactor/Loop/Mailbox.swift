import CLinux
import Instruments
import Synchronization

/// Work for a loop from other threads, in the order in which it was posted.
///
/// The loop is woken once per batch, and only if it is waiting.
final class Mailbox: Sendable {
    typealias Work = @Sendable () -> Void

    private struct Contents {
        var work: [Work] = []
        var isClosed = false
    }

    private enum State {
        static let working: UInt8 = 0
        static let waiting: UInt8 = 1
        static let posted: UInt8 = 2
    }

    private let contents = Lock(Contents())
    private let state = Atomic<UInt8>(State.working)
    private let descriptor: Descriptor

    init() throws(ReactorError) {
        let result = linux_eventfd_create()
        guard result >= 0 else { throw .system(call: "eventfd", errno: -result) }
        self.descriptor = Descriptor(result)
    }

    /// Becomes readable when something is posted while the loop waits.
    var wakeUp: Int32 {
        self.descriptor.number
    }

    /// Any thread; `false` if the loop has ended.
    func post(_ work: @escaping Work) -> Bool {
        let isTaken = self.contents.withLock { contents in
            guard !contents.isClosed else { return false }
            contents.work.append(work)
            return true
        }
        if isTaken, self.state.exchange(State.posted, ordering: .acquiringAndReleasing) == State.waiting {
            linux_eventfd_signal(self.wakeUp)
        }
        return isTaken
    }

    /// The loop is about to wait; `false` if there is work, so that it must not wait.
    func beginWaiting() -> Bool {
        self.state.compareExchange(
            expected: State.working,
            desired: State.waiting,
            ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// The loop works again; returns what was posted until now.
    func take() -> [Work] {
        guard self.state.exchange(State.working, ordering: .acquiringAndReleasing) == State.posted else { return [] }
        return self.contents.withLock { contents in
            let work = contents.work
            contents.work = []
            return work
        }
    }

    func clearWakeUp() {
        linux_eventfd_clear(self.wakeUp)
    }

    /// Accepts no more work; returns what was left.
    func close() -> [Work] {
        self.contents.withLock { contents in
            let work = contents.work
            contents = Contents(isClosed: true)
            return work
        }
    }
}
