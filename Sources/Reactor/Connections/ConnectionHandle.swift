/// Identifies a connection of one loop: its place in the slab, and a generation that tells the place's clients apart.
///
/// A handle whose connection is gone is harmless: its generation differs, so the loop refuses it.
@frozen
@usableFromInline
package struct ConnectionHandle: Hashable, Sendable {
    @usableFromInline
    package let slot: UInt32
    /// Never 0 for a connection.
    @usableFromInline
    package let generation: UInt32

    @inlinable
    package init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    @inlinable
    package init(bits: UInt64) {
        self.slot = UInt32(truncatingIfNeeded: bits)
        self.generation = UInt32(truncatingIfNeeded: bits >> 32)
    }

    /// Both as one number, for places where a handle does not fit.
    @inlinable
    package var bits: UInt64 {
        UInt64(self.generation) << 32 | UInt64(self.slot)
    }
}
