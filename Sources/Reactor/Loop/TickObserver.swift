package import Instruments

/// Hears when a loop has handled everything of one tick and is about to wait: what came in together leaves together.
package protocol TickObserver: AnyObject {
    func tickEnded(now: Instant)
}
