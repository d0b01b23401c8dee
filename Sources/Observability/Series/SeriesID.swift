/// What a series of its own is about: one connection or one user.
package enum SeriesID: Hashable, Sendable {
    /// The two halves of an id that is a number.
    case number(UInt64, UInt64)
    case text(String)
}
