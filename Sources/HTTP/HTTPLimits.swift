/// Limits for a head, and for the framing of a chunked body.
package struct HTTPLimits: Equatable, Sendable {
    /// The request line or status line and all field lines together, including line ends.
    package var headBytes: Int
    /// The number of field lines in a head, or in the trailers of a body.
    package var fields: Int
    /// The extensions of one chunk; the same limit applies to all trailers of one body.
    package var chunkExtensionBytes: Int
    package var trailerBytes: Int

    package init(
        headBytes: Int = 16 * 1024,
        fields: Int = 100,
        chunkExtensionBytes: Int = 256,
        trailerBytes: Int = 4 * 1024
    ) {
        self.headBytes = headBytes
        self.fields = fields
        self.chunkExtensionBytes = chunkExtensionBytes
        self.trailerBytes = trailerBytes
    }
}
