/// Identifies one connection, across the whole fleet and forever.
package struct ConnectionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let ulid: ULID

    package init(_ ulid: ULID) {
        self.ulid = ulid
    }

    package var text: String { self.ulid.text }
    package var description: String { self.text }
    /// When it was made, in milliseconds since 1970.
    package var milliseconds: UInt64 { self.ulid.high >> 16 }

    package static func < (left: Self, right: Self) -> Bool { left.ulid < right.ulid }
}

/// Identifies one message, across the whole fleet and forever.
///
/// Orders messages by time, to within clock error; never a position.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let ulid: ULID

    package init(_ ulid: ULID) {
        self.ulid = ulid
    }

    package var text: String { self.ulid.text }
    package var description: String { self.text }

    package static func < (left: Self, right: Self) -> Bool { left.ulid < right.ulid }
}

/// Why a text is not a user id.
package enum UserIDError: Error, Equatable, Sendable {
    case empty
    case tooLong(bytes: Int)
    case controlCharacter
    /// Ids that begin with `_` are the gateway's own.
    case reserved
}

extension UserIDError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "a user id is 1 to \(UserID.maximumBytes) bytes long; this one is empty"
        case .tooLong(let bytes): "a user id is 1 to \(UserID.maximumBytes) bytes long; this one has \(bytes)"
        case .controlCharacter: "a user id has no control characters"
        case .reserved: "user ids that begin with _ are the gateway's own"
        }
    }
}

/// A user's identity: 1 to 256 bytes of UTF-8 without control characters.
package struct UserID: Hashable, Sendable, CustomStringConvertible {
    package static let maximumBytes = 256
    private static let anonymousPrefix = "anon-"

    /// Most clients of an open gateway are anonymous, so their ids are not kept as text.
    private enum Form: Hashable, Sendable {
        case anonymous(ULID)
        case text(String)
    }

    private let form: Form

    package init(_ text: String) throws(UserIDError) {
        if text.isEmpty {
            throw .empty
        }
        if text.utf8.count > Self.maximumBytes {
            throw .tooLong(bytes: text.utf8.count)
        }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            throw .controlCharacter
        }
        if text.utf8.first == UInt8(ascii: "_") {
            throw .reserved
        }
        // One id has one form, whoever made it.
        if text.hasPrefix(Self.anonymousPrefix), let ulid = ULID(text.dropFirst(Self.anonymousPrefix.count)),
            UserID(anonymous: ConnectionID(ulid)).text == text
        {
            self.form = .anonymous(ulid)
        } else {
            self.form = .text(text)
        }
    }

    /// An anonymous connection is a user of its own.
    package init(anonymous connection: ConnectionID) {
        self.form = .anonymous(connection.ulid)
    }

    /// The connection that an anonymous user is named after; `nil` for others.
    package var anonymous: ConnectionID? {
        if case .anonymous(let ulid) = self.form { ConnectionID(ulid) } else { nil }
    }

    package var text: String {
        switch self.form {
        case .text(let text): text
        case .anonymous(let ulid): Self.anonymousText(ulid)
        }
    }

    /// Written in one go, since it is made for each message of an anonymous client.
    private static func anonymousText(_ ulid: ULID) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.anonymousPrefix.utf8.count + ULID.characters)
        bytes.append(contentsOf: Self.anonymousPrefix.utf8)
        ulid.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package var description: String { self.text }
}
