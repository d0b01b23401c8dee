package import Messaging

/// What an operator wants closed, as instances tell each other.
package struct ClosingOrder: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        case connection(ConnectionID)
        /// Every connection of the user.
        case user(UserID)
    }

    package let target: Target
    /// The WebSocket close code.
    package let code: UInt16
    /// What the clients are told: at most 123 bytes.
    package let reason: String

    package init(_ target: Target, code: UInt16, reason: String) {
        self.target = target
        self.code = code
        self.reason = reason
    }

    package var ending: Ending {
        Ending(.admin, by: .server, code: self.code, self.reason)
    }
}

extension ClosingOrder: Codable {
    private enum Key: String, CodingKey {
        case connection, user, code, reason
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        switch self.target {
        case .connection(let id): try members.encode(id.text, forKey: .connection)
        case .user(let id): try members.encode(id.text, forKey: .user)
        }
        try members.encode(self.code, forKey: .code)
        try members.encode(self.reason, forKey: .reason)
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        if let text = try members.decodeIfPresent(String.self, forKey: .connection) {
            guard let ulid = ULID(text) else {
                throw DecodingError.dataCorruptedError(forKey: .connection, in: members, debugDescription: "no id")
            }
            self.target = .connection(ConnectionID(ulid))
        } else {
            self.target = .user(try UserID(try members.decode(String.self, forKey: .user)))
        }
        self.code = try members.decode(UInt16.self, forKey: .code)
        self.reason = try members.decode(String.self, forKey: .reason)
        guard CloseCodes.maySend(self.code), self.reason.utf8.count <= CloseCodes.longestReason else {
            throw DecodingError.dataCorruptedError(forKey: .code, in: members, debugDescription: "no code to send")
        }
    }
}

/// How many connections an instance has closed for an order.
package struct ClosingCount: Codable, Sendable, Equatable {
    package let closed: Int

    package init(closed: Int) {
        self.closed = closed
    }
}

/// The close codes and reasons that an operator may choose.
enum CloseCodes {
    static let longestReason = 123
    static let usual: UInt16 = 1008

    /// Whether a code may stand in a Close frame (RFC 6455 section 7.4 and its registry).
    static func maySend(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    static let code = Parameter<UInt16>(
        "code",
        in: .query,
        .integer(1000...4999),
        default: usual,
        shownDefault: .integer(Int(usual)),
        "The WebSocket close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999."
    ) { text throws(ParameterFault) in
        guard text.utf8.first != UInt8(ascii: "+"), let code = UInt16(text), Self.maySend(code) else {
            throw ParameterFault("a close code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999")
        }
        return code
    }

    static let reason = Parameter<String?>.text(
        "reason",
        longest: longestReason,
        "What the clients are told; `closed by an operator` if it is left out."
    )
}

/// Closes connections of this instance.
package protocol ConnectionCloser: Sendable {
    /// - Returns: How many it has closed.
    /// - Throws: If an event loop does not answer.
    func close(_ order: ClosingOrder) async throws -> ClosingCount
}
