import Messaging
import Reactor
import Synchronization

/// The bytes of messages that were posted to a loop and that it has not taken yet.
///
/// They count in the bound on what waits for clients, so publishers wait while a loop is late.
final class PassingBytes: Sendable {
    private let budget: QueueBudget?
    private let many: Int
    // Any loop adds and subtracts, and nothing else is ordered by it.
    private let bytes = Atomic<Int>(0)

    init(budget: QueueBudget?) {
        self.budget = budget
        self.many = max((budget?.limit ?? 64 << 20) / 8, 1 << 20)
    }

    /// Whether they are more than an eighth of the bound.
    var areMany: Bool { self.bytes.load(ordering: .relaxed) > self.many }

    func add(_ bytes: Int) {
        guard bytes != 0 else { return }
        self.bytes.add(bytes, ordering: .relaxed)
        self.budget?.add(bytes)
    }

    /// A message's payload, and roughly what else it takes.
    static func weight(_ message: Message) -> Int {
        message.payload.count + 256
    }
}
