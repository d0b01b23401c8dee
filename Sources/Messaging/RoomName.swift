/// Why a text is not a room name.
package enum RoomNameError: Error, Equatable, Sendable {
    case empty
    case tooLong(bytes: Int)
    case badByte(UInt8, at: Int)
    /// Names that begin with `_` are the gateway's own.
    case reserved
}

extension RoomNameError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "a room name is 1 to \(RoomName.maximumBytes) bytes long; this one is empty"
        case .tooLong(let bytes): "a room name is 1 to \(RoomName.maximumBytes) bytes long; this one has \(bytes)"
        case .badByte(let byte, let offset):
            "a room name is made of A-Z a-z 0-9 . _ : / @ -; byte \(offset) is 0x\(String(byte, radix: 16))"
        case .reserved: "room names that begin with _ are the gateway's own"
        }
    }
}

/// The name of a room: 1 to 200 bytes of `A-Z a-z 0-9 . _ : / @ -`, not beginning with `_`.
package struct RoomName: Hashable, Sendable, CustomStringConvertible {
    package static let maximumBytes = 200

    package let text: String

    package init(_ text: String) throws(RoomNameError) {
        let bytes = text.utf8.span
        try Self.check(bytes)
        self.text = text
    }

    /// From bytes as received.
    package init(_ bytes: Span<UInt8>) throws(RoomNameError) {
        try Self.check(bytes)
        guard let ascii = try? UTF8Span(validating: bytes) else {
            preconditionFailure("what was checked is ASCII")
        }
        self.text = String(copying: ascii)
    }

    package var description: String { self.text }

    private static func check(_ bytes: Span<UInt8>) throws(RoomNameError) {
        if bytes.isEmpty {
            throw .empty
        }
        if bytes.count > self.maximumBytes {
            throw .tooLong(bytes: bytes.count)
        }
        if bytes[0] == UInt8(ascii: "_") {
            throw .reserved
        }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "@"):
                continue
            case let other:
                throw .badByte(other, at: index)
            }
        }
    }
}
