import Notation

/// Why bytes are not an acceptable HTTP/1.1 message.
///
/// What RFC 9112 leaves ambiguous is an error here.
///
/// After such an error nothing more on the connection can be trusted, so it ends with the answer.
package enum HTTPError: Error, Equatable, Sendable {
    case malformedRequestLine(at: Int)
    case malformedStatusLine(at: Int)
    case methodTooLong(limit: Int)
    case targetTooLong(limit: Int)
    case malformedTarget
    case unknownVersion
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case malformedFieldName(byte: UInt8, at: Int)
    case malformedFieldValue(byte: UInt8, at: Int)
    /// A field line that continues the previous one (`obs-fold`), or white space before the first.
    case foldedField(at: Int)
    case bareLineFeed(at: Int)
    case bareCarriageReturn(at: Int)
    case missingHost
    case repeatedHost
    case malformedHost
    /// The target names a different host from `Host`.
    case malformedContentLength
    case repeatedContentLength
    case lengthBesideTransferEncoding
    case malformedTransferEncoding
    case unsupportedTransferEncoding
    case unsupportedExpectation
    case malformedChunk
    case chunkExtensionTooLong(limit: Int)
    case contentTooLarge(limit: Int)

    /// The status a server answers with.
    package var status: HTTPStatus {
        switch self {
        case .targetTooLong: .uriTooLong
        case .methodTooLong, .unsupportedTransferEncoding: .notImplemented
        case .unknownVersion: .versionNotSupported
        case .headTooLarge, .tooManyFields: .headerFieldsTooLarge
        case .unsupportedExpectation: .expectationFailed
        case .contentTooLarge: .contentTooLarge
        case .malformedRequestLine, .malformedStatusLine, .malformedTarget, .malformedFieldName, .malformedFieldValue,
            .foldedField, .bareLineFeed, .bareCarriageReturn, .missingHost, .repeatedHost, .malformedHost,
            .malformedContentLength, .repeatedContentLength, .lengthBesideTransferEncoding,
            .malformedTransferEncoding, .malformedChunk, .chunkExtensionTooLong:
            .badRequest
        }
    }
}

extension HTTPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformedRequestLine(let offset): "the request line is malformed at byte \(offset)"
        case .malformedStatusLine(let offset): "the status line is malformed at byte \(offset)"
        case .methodTooLong(let limit): "the method is longer than \(limit) bytes"
        case .targetTooLong(let limit): "the request target is longer than \(limit) bytes"
        case .malformedTarget: "the request target is malformed or does not fit the method"
        case .unknownVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
        case .headTooLarge(let limit): "the head is longer than \(limit) bytes"
        case .tooManyFields(let limit): "there are more than \(limit) header fields"
        case .malformedFieldName(let byte, let offset):
            "byte \(offset), 0x\(byte.padded(to: 2, radix: 16)), cannot stand in a field name"
        case .malformedFieldValue(let byte, let offset):
            "byte \(offset), 0x\(byte.padded(to: 2, radix: 16)), cannot stand in a field value"
        case .foldedField(let offset): "the line at byte \(offset) begins with white space"
        case .bareLineFeed(let offset): "the line feed at byte \(offset) has no carriage return before it"
        case .bareCarriageReturn(let offset): "the carriage return at byte \(offset) has no line feed after it"
        case .missingHost: "HTTP/1.1 requires a Host field"
        case .repeatedHost: "there is more than one Host field"
        case .malformedHost: "the Host field is not a host with an optional port"
        case .malformedContentLength: "Content-Length is not a plain decimal number"
        case .repeatedContentLength: "there is more than one Content-Length field"
        case .lengthBesideTransferEncoding: "Content-Length and Transfer-Encoding exclude each other"
        case .malformedTransferEncoding: "Transfer-Encoding must be chunked, once, and in HTTP/1.1"
        case .unsupportedTransferEncoding: "the only transfer coding spoken here is chunked"
        case .unsupportedExpectation: "the only expectation known here is 100-continue"
        case .malformedChunk: "the chunked body is malformed"
        case .chunkExtensionTooLong(let limit): "the extensions of a chunk are longer than \(limit) bytes"
        case .contentTooLarge(let limit): "the body is longer than \(limit) bytes"
        }
    }
}
