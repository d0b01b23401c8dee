import Notation

/// Why bytes are not a JSON text (RFC 8259), and where the problem is.
package struct JSONError: Error, Equatable, Sendable {
    package enum Fault: Equatable, Sendable {
        /// The text ends inside a value, or is empty.
        case unexpectedEnd
        /// A byte that is not allowed here.
        case unexpectedByte(UInt8)
        /// A number with a leading zero, without digits, or with digits missing after `.` or `e`.
        case malformedNumber
        /// An unescaped control character inside a string.
        case controlCharacter(UInt8)
        /// A `\` that does not begin an escape.
        case malformedEscape
        /// Bytes that are not UTF-8.
        case malformedUTF8
        case tooDeep(limit: Int)
        /// More bytes after the value.
        case trailingBytes
        /// The value is well-formed so far, but an object is expected.
        case notAnObject
        /// The value is well-formed so far, but an array is expected.
        case notAnArray
    }

    package let fault: Fault
    /// How many bytes precede it.
    package let offset: Int

    package init(_ fault: Fault, at offset: Int) {
        self.fault = fault
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        switch self.fault {
        case .unexpectedEnd: "the JSON ends early, at byte \(self.offset)"
        case .unexpectedByte(let byte):
            "byte \(self.offset), 0x\(byte.padded(to: 2, radix: 16)), is not allowed there in JSON"
        case .malformedNumber: "the number at byte \(self.offset) is not a valid JSON number"
        case .controlCharacter(let byte):
            "byte \(self.offset), 0x\(byte.padded(to: 2, radix: 16)), must be escaped in a JSON string"
        case .malformedEscape: "the escape at byte \(self.offset) is not valid JSON"
        case .malformedUTF8: "byte \(self.offset) is not UTF-8"
        case .tooDeep(let limit): "at byte \(self.offset) the JSON is nested more than \(limit) deep"
        case .trailingBytes: "something follows the JSON value, at byte \(self.offset)"
        case .notAnObject: "the JSON value at byte \(self.offset) is not an object"
        case .notAnArray: "the JSON value at byte \(self.offset) is not an array"
        }
    }
}
