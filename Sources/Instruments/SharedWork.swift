/// Work that many callers may ask for at the same time, and that is done once for all of them.
///
/// A caller never gets a result that was begun before it asked. So whoever comes while the work is being done waits for
/// the next round, together with all others who do: however many ask, at most one round runs and one waits.
package actor SharedWork<Value: Sendable> {
    private let work: @Sendable () async -> Value
    private var running: Task<Value, Never>?
    private var next: Task<Value, Never>?

    package init(_ work: @escaping @Sendable () async -> Value) {
        self.work = work
    }

    /// The result of a round that began after this call.
    package func value() async -> Value {
        if let next = self.next {
            return await next.value
        }
        let previous = self.running
        let work = self.work
        // Belongs to all who wait for it, and so is not cancelled with any of them.
        let round = Task {
            _ = await previous?.value
            self.begin()
            let value = await work()
            self.end()
            return value
        }
        self.next = round
        return await round.value
    }

    private func begin() {
        self.running = self.next
        self.next = nil
    }

    private func end() {
        // Its result, which may be large, is not kept.
        self.running = nil
    }
}
