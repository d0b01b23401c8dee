import ByteKernels
import JSONText
import Messaging

/// How one payload looks in different languages: the same message in every protocol.
enum PayloadText {
    /// Appends a payload as one JSON value.
    ///
    /// Declared JSON is copied byte for byte; text of no declared type is JSON if it is a JSON object or array, else a
    /// string; binary is `{"base64": …}`.
    static func appendJSON(_ message: Message, to bytes: inout [UInt8]) {
        let payload = message.payload
        switch message.kind {
        case .json:
            bytes.append(contentsOf: payload)
        case .text:
            if self.isContainer(payload.span) {
                bytes.append(contentsOf: payload)
            } else {
                JSONString.append(payload.span, to: &bytes)
            }
        case .binary:
            bytes.append(contentsOf: #"{"base64":""#.utf8)
            Base64.standard.encode(payload.span, into: &bytes)
            bytes.append(contentsOf: #""}"#.utf8)
        }
    }

    /// Whether a payload is declared JSON and a string; clients without JSON then get its text.
    ///
    /// It was valid JSON when it was published, so its first byte tells.
    static func isDeclaredString(_ message: Message) -> Bool {
        message.kind == .json && self.firstByte(message.payload.span) == UInt8(ascii: "\"")
    }

    /// Appends the text of a payload that is a declared string, or the payload itself if it is not JSON after all.
    static func appendString(_ message: Message, to bytes: inout [UInt8]) {
        let payload = message.payload
        if let value = try? JSONScanner.scan(payload.span), value.kind == .string {
            value.appendString(in: payload.span, to: &bytes)
        } else {
            bytes.append(contentsOf: payload)
        }
    }

    /// Whether text of no declared type is a JSON object or array.
    private static func isContainer(_ payload: Span<UInt8>) -> Bool {
        switch self.firstByte(payload) {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            (try? JSONScanner.scan(payload, maximumDepth: JSONScanner.deepest)) != nil
        default:
            false
        }
    }

    /// The first byte that is not JSON white space.
    private static func firstByte(_ payload: Span<UInt8>) -> UInt8? {
        for index in payload.indices {
            switch payload[index] {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case let byte: return byte
            }
        }
        return nil
    }
}
