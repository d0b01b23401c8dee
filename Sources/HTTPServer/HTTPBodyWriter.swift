import Reactor

/// The connection or the loop ended before the body was written.
package struct HTTPConnectionClosed: Error, Sendable {
    package init() {}
}

/// Writes a streamed body from a task: each write returns once the client has taken what was written before.
package struct HTTPBodyWriter: Sendable {
    let exchange: LoopBound<HTTPExchange>

    /// Sends a piece of the body, and waits while the client is slow.
    ///
    /// - Throws: If the connection has ended; nothing more can be written.
    package func write(_ bytes: [UInt8]) async throws(HTTPConnectionClosed) {
        let exchange = self.exchange
        let isOpen = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let isPosted = exchange.loop.execute {
                exchange.value.write(bytes.span) { isOpen in continuation.resume(returning: isOpen) }
            }
            if !isPosted {
                continuation.resume(returning: false)
            }
        }
        guard isOpen else { throw HTTPConnectionClosed() }
    }

    /// The same for text.
    package func write(_ text: String) async throws(HTTPConnectionClosed) {
        try await self.write(Array(text.utf8))
    }
}
