/// Identifies one message on the fleet channel: 128 random bits.
package struct FleetNonce: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func random() -> FleetNonce {
        FleetNonce(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
    }
}
