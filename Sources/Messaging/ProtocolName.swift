import Instruments

/// The language a client speaks, as used in label values.
package enum ProtocolName: UInt8, Vocabulary {
    /// Plain rooms: each WebSocket message is a payload.
    case plain
    /// `atalaya.v1.json`.
    case native

    package var label: String {
        switch self {
        case .plain: "plain"
        case .native: "native"
        }
    }

    /// The lane in which event loops count this protocol's deliveries; 0 is for what belongs to no room.
    package var lane: UInt8 { self.rawValue + 1 }
}

/// What carries a client's bytes.
package enum TransportName: UInt8, Vocabulary {
    case websocket

    package var label: String {
        switch self {
        case .websocket: "websocket"
        }
    }
}

/// Who started the end of a connection.
package enum Initiator: UInt8, Vocabulary {
    case client
    case server
    case network

    package var label: String {
        switch self {
        case .client: "client"
        case .server: "server"
        case .network: "network"
        }
    }
}
