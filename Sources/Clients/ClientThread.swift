package import Reactor

/// The event loop shared by all clients of the process that are not given one of their own.
package enum ClientThread {
    /// Started on first use; lives as long as the process.
    package static let shared: EventLoop = Self.start(name: "clients")

    /// A loop that queues whatever a client sends: the client decides how far it runs ahead of its server.
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
