import Instruments

// Work that others have for the loop, and that it has for itself later.
extension EventLoop {
    /// Runs `work` on the loop, after what was posted before; any thread.
    ///
    /// `false` when the loop has ended.
    @discardableResult
    package func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
        self.mailbox.post(work)
    }

    /// Carries a socket to the loop and runs `work` there with it.
    ///
    /// The socket is closed when the loop has ended.
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

    /// Runs `work` on the loop and brings its value; `nil` when the loop has ended.
    package func perform<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            if !self.execute({ continuation.resume(returning: work()) }) {
                continuation.resume(returning: nil)
            }
        }
    }

    /// Has `observer` hear of every tick's end, after those added before; kept for the loop's life.
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
        // Later than now, so that work which schedules itself does not keep the tick from ending.
        return self.timers.schedule(at: max((self.now + delay).nanoseconds, self.time + 1), work)
    }

    /// Nothing happens where the work was done already.
    ///
    /// Inside.
    package func cancel(_ token: TimerToken) {
        self.assertInside()
        self.timers.cancel(token)
    }
}

/// A socket under way in a closure, which cannot own what is not copied.
private final class Parcel: @unchecked Sendable {
    // Safe to send: written by the sender before it is posted, and then reached by the one call of its closure alone.
    var socket: DetachedSocket?

    init(_ socket: consuming DetachedSocket) {
        self.socket = consume socket
    }
}
