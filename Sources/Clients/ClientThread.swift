package import Reactor

/// The event loop that a process's clients share unless they are given one of their own.
package enum ClientThread {
    /// Started when it is first asked for; lives as long as the process.
    package static let shared: EventLoop = Self.start(name: "clients")

    /// A loop that queues whatever a client sends: how much a client is ahead of its server is for the client to say.
    package static func start(name: String) -> EventLoop {
        let queue = SendQueueLimits(bytes: 1 << 40, age: .seconds(24 * 3600))
        do throws(ReactorError) {
            let configuration = EventLoopConfiguration(queue: queue)
            let loop = try EventLoop(index: 0, name: name, configuration: configuration)
            loop.start()
            return loop
        } catch {
            preconditionFailure("the system has no event loop for clients: \(error)")
        }
    }
}
