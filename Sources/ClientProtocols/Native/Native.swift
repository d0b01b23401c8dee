package import Messaging

/// The native protocol, `atalaya.v1.json`: text frames of one JSON object each.
package enum Native: ClientProtocol {
    package static let name = ProtocolName.native
    package static let subprotocols = ["atalaya.v1.json"]

    package static func isText(_ message: Message) -> Bool { true }

    package static func isSentAsIs(_ message: Message) -> Bool { false }

    /// Reads one text frame.
    ///
    /// A member that is `null` counts as left out, except `data`, for which that is a value, and `id`.
    ///
    /// - Parameter maximumDepth: How deep the JSON may be nested.
    package static func decode(_ text: Span<UInt8>, maximumDepth: Int) throws(NativeFault) -> ClientRequest {
        try NativeCommand(text, maximumDepth: maximumDepth).request(in: text)
    }
}
