/// The fields a line may have besides its time, level, event, message and instance; the raw value is the JSON key.
///
/// Lines have their fields in this order.
package enum LogField: String, CaseIterable, Sendable {
    case connectionId
    case userId
    case room
    case messageId
    case command
    case traceId
    case spanId
    case `protocol`
    case transport
    case remoteAddress
    case closeCode
    case stage
    case status
    case reason
    case initiator
    case durationMs
    case waitMs
    case error
    case earlierConnectionId
    case earlierInstance
    case place
    case outcome
    case rttMs
    case rooms
    case messagesReceived
    case messagesSent
    case bytesReceived
    case bytesSent
    case dropped
    case closedBeforeWrite
    case writeErrors
    case address
    case managementAddress
    case broker
    case connections
    case count
    case limitedEvent
    case loop
    case loops
    case peer
    case source
    case version

    /// What it says, for operators.
    package var meaning: String {
        switch self {
        case .connectionId: "The connection; unique in the whole fleet."
        case .userId: "The user of the connection; for a message, its publisher."
        case .room: "The room."
        case .messageId: "The message."
        case .command: "The command of the client."
        case .traceId: "The trace that the line belongs to."
        case .spanId: "The span that the line belongs to."
        case .protocol: "The protocol that the client speaks: plain, native."
        case .transport: "How the client is connected: websocket."
        case .remoteAddress: "The IP address of the client or operator."
        case .closeCode: "The WebSocket close code, sent or received."
        case .stage: "How far a handshake got: request (HTTP), upgrade (WebSocket)."
        case .status: "The HTTP status that was answered."
        case .reason: "Why it happened, as a label that metrics use as well; for the broker, a sentence."
        case .initiator: "Who ended the connection: client, server, network."
        case .durationMs: "How long it took or has lasted, in milliseconds."
        case .waitMs: "How long it will be until it is done, or tried again, in milliseconds."
        case .error: "What is wrong, as a sentence; for a connection, what the client was told."
        case .earlierConnectionId: "The connection that the client had before."
        case .earlierInstance: "The instance that the earlier connection was on."
        case .place: "How many connections this client has had before in a row, each resuming the one before."
        case .outcome: "What became of a message for one recipient, as in `atalaya_deliveries_total`."
        case .rttMs: "The round trip time of the last ping, in milliseconds."
        case .rooms: "How many rooms the connection was in when it ended."
        case .messagesReceived: "Messages that the client published."
        case .messagesSent: "Room messages that were written to the client, which means handed to the kernel."
        case .bytesReceived: "All bytes received on the connection."
        case .bytesSent: "All bytes sent on the connection."
        case .dropped: "Room messages that were dropped because the client's send queue was full."
        case .closedBeforeWrite: "Room messages that were still waiting when the connection ended; absent if none were."
        case .writeErrors: "Room messages that the kernel refused to take; absent if it took all."
        case .address: "The address that clients connect to; for the broker, its address."
        case .managementAddress: "The address that operators connect to."
        case .broker: "The kind of broker: memory, redis."
        case .connections: "How many connections are open."
        case .count: "How many there were or are."
        case .limitedEvent: "The event whose lines were left out."
        case .loop: "The name of the event loop."
        case .loops: "How many event loops serve clients."
        case .peer: "The name of the other instance."
        case .source: "The part of the gateway."
        case .version: "The version of the gateway or of the other instance."
        }
    }
}
