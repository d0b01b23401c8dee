/// A text that must never appear in a log, message or listing.
///
/// Every way Swift turns a value into text (interpolation, `print`, `dump`, reflection) gives `<redacted>`.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let redacted = "<redacted>"

    /// The text itself, for the call that needs it.
    package let revealed: String

    package init(_ text: String) {
        self.revealed = text
    }

    package var description: String { Self.redacted }
    package var debugDescription: String { Self.redacted }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
