/// One time that an instance was away, for which it asks what it missed; the answers name it.
package struct BusQuestion: Hashable, Sendable {
    package let asker: BusOrigin
    /// From 1; the same while it is asked again.
    package let number: UInt64

    package init(asker: BusOrigin, number: UInt64) {
        self.asker = asker
        self.number = number
    }
}
