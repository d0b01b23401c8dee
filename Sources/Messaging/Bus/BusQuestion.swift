/// One absence of an instance, after which it asks what it missed; the answers name it.
package struct BusQuestion: Hashable, Sendable {
    package let asker: BusOrigin
    /// Starts at 1; stays the same when the question is repeated.
    package let number: UInt64

    package init(asker: BusOrigin, number: UInt64) {
        self.asker = asker
        self.number = number
    }
}
