import Synchronization

/// Outgoing HTTP, for everything but messages: libcurl on a thread of its own, behind `async`.
///
/// Any number of requests run at once over connections that are kept and used again. Proxies and their exceptions are
/// taken from the environment as curl knows them (`https_proxy`, `NO_PROXY`, …), but what is on this machine's
/// loopback is never asked through one.
package final class HTTPClient: Sendable {
    private let thread: CurlThread
    private let lastIdentifier = Atomic<UInt64>(0)

    package init() {
        self.thread = CurlThread()
    }

    deinit {
        self.thread.stop()
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// Ends at once, with `.cancelled`, when the calling task is cancelled.
    package func send(_ request: OutgoingRequest) async throws(HTTPClientError) -> HTTPAnswer {
        if let flaw = request.flaw {
            throw flaw
        }
        let identifier = self.lastIdentifier.add(1, ordering: .relaxed).newValue
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.thread.begin(identifier, request, answer: continuation)
                // The cancellation may have been before the beginning, when there was nothing to cancel yet.
                if Task.isCancelled {
                    self.thread.cancel(identifier)
                }
            }
        } onCancel: {
            self.thread.cancel(identifier)
        }
        return try outcome.get()
    }

    /// Ends everything under way with `.closed`, and the thread.
    ///
    /// What is asked afterwards ends likewise. Waits until the thread has ended.
    package func shutDown() {
        self.thread.stop()
    }
}
