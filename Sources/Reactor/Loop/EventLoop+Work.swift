import Instruments

// Work posted by others, and work that the loop schedules for later.
extension EventLoop {
    /// Runs `work` on the loop, after everything posted before; from any thread.
    ///
    /// `false` if the loop has ended.
    @discardableResult
    package func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
        self.mailbox.post(work)
    }

    /// Moves a socket to the loop and runs `work` there with it.
    ///
    /// The socket is closed if the loop has ended.
    @discardableResult
    package func execute(
        moving socket: consuming DetachedSocket,
        _ work: @escaping @Sendable (consuming DetachedSocket) -> Void
    ) -> Bool {
        let parcel = Parcel(socket)
        return self.mailbox.post {
            if let socket = parcel.socket.take() {
                work(socket)
            }
        }
    }

    /// Runs `work` on the loop and returns its value; `nil` if the loop has ended.
    package func perform<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            if !self.execute({ continuation.resume(returning: work()) }) {
                continuation.resume(returning: nil)
            }
        }
    }

    /// The same, but does not wait longer than `limit`; the work is done later all the same.
    ///
    /// - Throws: If the loop is too busy, or has ended.
    package func perform<Value: Sendable>(
        within limit: Duration,
        _ work: @escaping @Sendable () -> Value
    ) async throws(LoopLate) -> Value {
        let result = FirstValue<Value?>()
        guard self.execute({ result.give(work()) }) else { throw LoopLate(loop: self.name) }
        // Not a child task: its parent would wait for it even after the value has come.
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            result.give(nil)
        }
        defer { timer.cancel() }
        guard let value = await result.value else { throw LoopLate(loop: self.name) }
        return value
    }

    /// Tells `observer` about the end of every tick, after observers added before; kept for the loop's life.
    ///
    /// Inside.
    package func addTickObserver(_ observer: any TickObserver) {
        self.assertInside()
        self.tickObservers.append(observer)
    }

    // MARK: timers of the loop itself

    /// Runs `work` once, not before `delay` has passed.
    ///
    /// Inside.
    package func schedule(after delay: Duration, _ work: @escaping () -> Void) -> TimerToken {
        self.assertInside()
        // Later than now, so that work that schedules itself again does not keep the tick from ending.
        return self.timers.schedule(at: max((self.now + delay).nanoseconds, self.time + 1), work)
    }

    /// Nothing happens if the work has already been done.
    ///
    /// Inside.
    package func cancel(_ token: TimerToken) {
        self.assertInside()
        self.timers.cancel(token)
    }
}

/// A socket on its way in a closure, since closures cannot own noncopyable values.
private final class Parcel: @unchecked Sendable {
    // Safe to send: written by the sender before it is posted, and then used only by the one call of its closure.
    var socket: DetachedSocket?

    init(_ socket: consuming DetachedSocket) {
        self.socket = consume socket
    }
}
