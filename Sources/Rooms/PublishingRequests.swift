import Instruments
package import Messaging

/// Publishers that are not connections, such as HTTP requests, until each has its receipt.
package final class PublishingRequests: Sendable {
    package typealias Completion = @Sendable (PublicationReceipt) -> Void

    private struct State {
        var lastNumber: UInt64 = 0
        var completions: [UInt64: Completion] = [:]
    }

    private let state = Lock(State())

    package init() {}

    /// Notes whom to tell, and returns the ticket for this one publication.
    ///
    /// - Parameter completion: Called once, on the thread on which the broker answers.
    package func ticket(_ completion: @escaping Completion) -> PublicationTicket {
        self.state.withLock { state in
            state.lastNumber += 1
            state.completions[state.lastNumber] = completion
            return PublicationTicket(publisher: .request(state.lastNumber), command: nil)
        }
    }

    func settle(_ receipt: PublicationReceipt, of number: UInt64) {
        self.state.withLock { $0.completions.removeValue(forKey: number) }?(receipt)
    }
}
