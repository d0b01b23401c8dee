package import Messaging

/// A language that clients speak: how everything they are told is written.
///
/// A new one is a folder here, one type that conforms, and its entry in `SpokenProtocols.all`. No I/O and no clock:
/// what is written depends on what is said alone, so a room's message is written once for all members who speak the
/// language.
package protocol ClientProtocol: SendableMetatype {
    /// As label values and the lanes of the event loops have it.
    static var name: ProtocolName { get }

    /// What a WebSocket client offers in order to speak it.
    static var subprotocols: [String] { get }

    /// Whether a room's message travels as text; otherwise it does as binary.
    static func isText(_ message: Message) -> Bool

    /// Whether members get a message's payload byte for byte, so that there is nothing to encode.
    static func isSentAsIs(_ message: Message) -> Bool

    /// Appends a room's message as every member gets it.
    static func encode(_ message: Message, into bytes: inout [UInt8])

    /// Appends what one client alone is told.
    ///
    /// - Returns: `false`, and appends nothing, where the language has no word for it.
    @discardableResult
    static func encode(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool
}

/// The languages that this gateway speaks.
package enum SpokenProtocols {
    package static let all: [any ClientProtocol.Type] = [Plain.self, Native.self]

    /// The first subprotocol of an offer, in the client's order, that is spoken here; a `bearer.` entry never is.
    package static func choose(
        of offers: [String]
    ) -> (subprotocol: String, language: any ClientProtocol.Type)? {
        for offer in offers {
            if let language = self.all.first(where: { $0.subprotocols.contains(offer) }) { return (offer, language) }
        }
        return nil
    }
}
