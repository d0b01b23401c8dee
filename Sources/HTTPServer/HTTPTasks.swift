import Reactor

/// The tasks of one server's handlers: bounded, cancelled with their connections, and awaited at the end.
///
/// Lives on the server's loop; the tasks do not.
final class HTTPTasks {
    private let loop: EventLoop
    private let limit: Int
    /// The exchange is released with its connection; the task stays until it has ended.
    private var running: [UInt64: (task: Task<Void, Never>, exchange: HTTPExchange?)] = [:]
    private var started: UInt64 = 0

    init(loop: EventLoop, limit: Int) {
        self.loop = loop
        self.limit = limit
    }

    var isFull: Bool { self.running.count >= self.limit }

    /// Runs `work` off the loops.
    ///
    /// - Returns: The argument for `cancel`.
    func start(
        _ exchange: HTTPExchange,
        _ work: @escaping @Sendable (LoopBound<HTTPExchange>) async -> Void
    ) -> UInt64 {
        self.started += 1
        let number = self.started
        let tasks = LoopBound(self, on: self.loop)
        let bound = LoopBound(exchange, on: self.loop)
        let task = Task {
            await work(bound)
            tasks.loop.execute { tasks.value.running[number] = nil }
        }
        self.running[number] = (task, exchange)
        return number
    }

    func cancel(_ number: UInt64) {
        self.running[number]?.task.cancel()
        self.running[number]?.exchange = nil
    }

    func cancelAll() -> [Task<Void, Never>] {
        let running = Array(self.running.values)
        for (task, exchange) in running {
            task.cancel()
            exchange?.abort()
        }
        return running.map(\.task)
    }
}
