import Synchronization

/// Outgoing HTTP, for everything but messages: libcurl on its own thread, with an `async` interface.
///
/// Any number of requests run at once over connections that are kept and reused. Proxies and their exceptions come from
/// the environment, as in curl (`https_proxy`, `NO_PROXY`, …), but loopback is never reached through a proxy.
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
    /// Ends at once with `.cancelled` when the calling task is cancelled.
    package func send(_ request: OutgoingRequest) async throws(HTTPClientError) -> HTTPAnswer {
        if let flaw = request.flaw {
            throw flaw
        }
        let identifier = self.lastIdentifier.add(1, ordering: .relaxed).newValue
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.thread.begin(identifier, request, answer: continuation)
                // The task may have been cancelled before there was anything to cancel.
                if Task.isCancelled {
                    self.thread.cancel(identifier)
                }
            }
        } onCancel: {
            self.thread.cancel(identifier)
        }
        return try outcome.get()
    }

    /// Ends all requests with `.closed`, and then the thread.
    ///
    /// Later requests end with `.closed` too. Waits until the thread has ended.
    package func shutDown() {
        self.thread.stop()
    }
}
