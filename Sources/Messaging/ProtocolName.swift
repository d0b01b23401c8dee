import Instruments

/// The language a client speaks, as label values have it.
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

    /// Under which number the event loops keep this protocol's deliveries; 0 is what belongs to no room.
    package var lane: UInt8 { self.rawValue + 1 }
}

/// What a client's bytes travel in.
package enum TransportName: UInt8, Vocabulary {
    case websocket

    package var label: String {
        switch self {
        case .websocket: "websocket"
        }
    }
}

/// Who began the end of a connection.
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
