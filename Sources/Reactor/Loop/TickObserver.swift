package import Instruments

/// Called when a loop has handled everything in one tick and is about to wait: what came in together leaves together.
package protocol TickObserver: AnyObject {
    func tickEnded(now: Instant)
}
