import HTTPServer
import Synchronization

/// Counts requests to the management listener that the gateway failed to answer.
///
/// The listener's loop counts, and a scrape reads.
package final class ManagementFailures: Sendable {
    /// What is the gateway's own fault; everything else is the fault of whoever asked.
    static let reasons: [HTTPRejection] = [.handlerFailed, .overloaded]

    private let failed = Atomic<UInt64>(0)
    private let overloaded = Atomic<UInt64>(0)

    package init() {}

    /// Counts a rejection, and says whether it is one of `reasons`.
    func note(_ rejection: HTTPRejection) -> Bool {
        switch rejection {
        case .handlerFailed: self.failed.add(1, ordering: .relaxed)
        case .overloaded: self.overloaded.add(1, ordering: .relaxed)
        default: return false
        }
        return true
    }

    func count(of reason: HTTPRejection) -> UInt64 {
        switch reason {
        case .handlerFailed: self.failed.load(ordering: .relaxed)
        case .overloaded: self.overloaded.load(ordering: .relaxed)
        default: 0
        }
    }
}
