/// What a head, and the framing around a chunked body, may cost.
package struct HTTPLimits: Equatable, Sendable {
    /// A request line or status line and all its field lines together, line ends counted.
    package var headBytes: Int
    /// Field lines of a head, or of the trailers of a body.
    package var fields: Int
    /// The request target alone.
    package var targetBytes: Int
    /// The extensions of one chunk, and, apart from them, all trailers of one body.
    package var chunkExtensionBytes: Int
    package var trailerBytes: Int

    package init(
        headBytes: Int = 16 * 1024,
        fields: Int = 100,
        targetBytes: Int = 8 * 1024,
        chunkExtensionBytes: Int = 256,
        trailerBytes: Int = 4 * 1024
    ) {
        self.headBytes = headBytes
        self.fields = fields
        self.targetBytes = targetBytes
        self.chunkExtensionBytes = chunkExtensionBytes
        self.trailerBytes = trailerBytes
    }
}
