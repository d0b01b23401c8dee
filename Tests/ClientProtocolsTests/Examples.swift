import ClientProtocols
import Messaging

/// Values that the tests of this target speak of.
enum Examples {
    static let connection = ConnectionID(ULID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!)
    static let message = MessageID(ULID("01BX5ZZKBKACTAV9WEVGEMMVRZ")!)
    static let trace = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")!

    static let plainEncoding = MessageEncoding(.plain)
    static let nativeEncoding = MessageEncoding(.native)

    static func native(_ query: [(name: String, value: String)] = [], depth: Int = 64) -> Native {
        try! Native(ClientHello(query: query, maximumJSONDepth: depth))
    }

    static func message(
        _ kind: PayloadKind,
        _ payload: [UInt8],
        from: String? = "alice",
        trace: TraceContext? = nil
    ) -> Message {
        Message(
            id: Self.message,
            room: try! RoomName("chat.lobby"),
            kind: kind,
            payload: payload,
            from: from.map { try! UserID($0) },
            acceptedAt: 1_700_000_000_123_999_999,
            trace: trace
        )
    }

    static func message(_ kind: PayloadKind, _ payload: String) -> Message {
        self.message(kind, Array(payload.utf8))
    }
}

/// What is appended to what is already there.
func appended(_ write: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = Array("before ".utf8)
    write(&bytes)
    precondition(bytes.starts(with: "before ".utf8), "an encoder appends")
    return String(decoding: bytes.dropFirst(7), as: UTF8.self)
}
