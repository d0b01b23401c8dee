package import Messaging

/// A language that clients speak, both ways; an object for each connection that speaks it.
///
/// A new one is a folder here, one type that conforms, and its entry in `SpokenProtocols.all`. No I/O and no clock:
/// what is written depends on what is said alone, so a room's message is written once for all members who speak the
/// language.
package protocol ClientProtocol: AnyObject, SendableMetatype {
    // MARK: The language

    /// As label values and the lanes of the event loops have it.
    static var name: ProtocolName { get }

    /// What a WebSocket client offers in order to speak it.
    static var subprotocols: [String] { get }

    /// What it asks of its sessions.
    static var traits: ProtocolTraits { get }

    /// Appends what a client says, for the other end: `false`, and nothing, where the language has no word for it.
    ///
    /// A publication travels as text unless its payload is binary, every other command as text.
    static func write(_ request: ClientRequest, into bytes: inout [UInt8]) -> Bool

    // MARK: One connection

    /// Takes what the handshake said.
    init(_ hello: ClientHello) throws(HelloFault)

    /// The rooms it is in from the beginning, in the order of joining, each once.
    var rooms: [RoomName] { get }

    /// How messages of its rooms are written for it.
    var encoding: MessageEncoding { get }

    /// The token of an earlier connection that the handshake brought.
    var resume: String? { get }

    /// Reads one whole message of the client.
    func read(_ bytes: Span<UInt8>, isText: Bool) -> ClientInput

    /// What a message means of which only is known that it is too big to be read.
    func readOversized(_ explanation: String) -> ClientInput

    /// Appends what this client alone is told.
    ///
    /// - Returns: `false`, and appends nothing, where the language has no word for it.
    func write(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool

    /// How the client hears that something it asked for is not done.
    func answer(_ refusal: Refusal, to id: CommandID?) -> RefusalAnswer

    /// Appends what is said before the transport's own last word.
    ///
    /// - Returns: `false`, and appends nothing, where that word says it all.
    func writeGoodbye(_ ending: Ending, into bytes: inout [UInt8]) -> Bool

    // MARK: Rooms' messages

    /// Whether a room's message travels as text; otherwise it does as binary.
    static func isText(_ message: Message, as encoding: MessageEncoding) -> Bool

    /// Whether members get a message's payload byte for byte, so that there is nothing to encode.
    static func isSentAsIs(_ message: Message, as encoding: MessageEncoding) -> Bool

    /// Appends a room's message as every member of an encoding gets it.
    static func encode(_ message: Message, as encoding: MessageEncoding, into bytes: inout [UInt8])
}

/// What a client's message came to.
package enum ClientInput: Equatable, Sendable {
    case request(ClientRequest)
    /// To be answered; the connection stays, unless the language has no answers.
    case fault(CommandFault)
    /// It cannot be read, and the connection cannot go on.
    case ending(Ending)
}

/// How a language says no.
package enum RefusalAnswer: Sendable {
    case event(ServerEvent)
    case ending(Ending)
}
