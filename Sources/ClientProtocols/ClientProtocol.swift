package import Messaging

/// A language that clients speak, in both directions.
///
/// Each connection that speaks it has an object of its own.
///
/// To add one, add a folder here, one type that conforms, and its entry in `SpokenProtocols.all`. It has no I/O and no
/// clock: what it writes depends only on what is said, so a room's message is written once for all members who speak
/// the language.
package protocol ClientProtocol: AnyObject, SendableMetatype {
    // MARK: The language

    /// Used as label value, and for the lanes of the event loops.
    static var name: ProtocolName { get }

    /// The subprotocols that WebSocket clients offer in order to speak it.
    static var subprotocols: [String] { get }

    /// What it needs from its sessions.
    static var traits: ProtocolTraits { get }

    /// Appends what a client says, for use by clients.
    ///
    /// Returns `false`, and appends nothing, if the language cannot express it.
    /// A publication is sent as text unless its payload is binary, every other command as text.
    static func write(_ request: ClientRequest, into bytes: inout [UInt8]) -> Bool

    // MARK: One connection

    /// Takes what the handshake said.
    init(_ hello: ClientHello) throws(HelloFault)

    /// The rooms it is in from the start, in the order of joining, each once.
    var rooms: [RoomName] { get }

    /// How messages of its rooms are written for it.
    var encoding: MessageEncoding { get }

    /// The resume token in the handshake, from an earlier connection.
    var resume: String? { get }

    /// Reads one whole message of the client.
    func read(_ bytes: Span<UInt8>, isText: Bool) -> ClientInput

    /// How to treat a message that is too big to be read.
    func readOversized(_ explanation: String) -> ClientInput

    /// Appends an event for this client only.
    ///
    /// - Returns: `false`, and appends nothing, if the language cannot express it.
    func write(_ event: ServerEvent, into bytes: inout [UInt8]) -> Bool

    /// How the client is told that something it asked for was refused.
    func answer(_ refusal: Refusal, to id: CommandID?) -> RefusalAnswer

    /// Appends what is said before the transport's own goodbye.
    ///
    /// - Returns: `false`, and appends nothing, if the transport's goodbye is enough.
    func writeGoodbye(_ ending: Ending, into bytes: inout [UInt8]) -> Bool

    // MARK: Rooms' messages

    /// Whether a room's message is sent as text or as binary.
    static func isText(_ message: Message, as encoding: MessageEncoding) -> Bool

    /// Whether members get a message's payload byte for byte, so that nothing needs to be encoded.
    static func isSentAsIs(_ message: Message, as encoding: MessageEncoding) -> Bool

    /// Appends a room's message as every member of an encoding gets it.
    static func encode(_ message: Message, as encoding: MessageEncoding, into bytes: inout [UInt8])
}

/// What a client's message turned out to be.
package enum ClientInput: Equatable, Sendable {
    case request(ClientRequest)
    /// To be answered; the connection stays open, unless the language has no answers.
    case fault(CommandFault)
    /// It cannot be read, and the connection cannot go on.
    case ending(Ending)
}

/// How a language refuses something.
package enum RefusalAnswer: Sendable {
    case event(ServerEvent)
    case ending(Ending)
}
