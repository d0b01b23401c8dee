/// What the fields of a head say about the message itself: host, length, codings, connection.
///
/// One pass over the fields, the same for both directions. Contradictions are refused (RFC 9112 sections 3.2 and 6.3),
/// since requests are smuggled past two readers that disagree on where a message ends.
struct FieldMeaning {
    private(set) var host: Range<Int>?
    private(set) var connection: ConnectionOptions = []
    private var length: Int?
    private var transferCodings: Range<Int>?
    private var codingsAreChunked = false
    private var endsChunked = false
    private var expectation: Range<Int>?
    private var isContinueExpected = false

    init(_ fields: [HTTPHeaders.Field], _ bytes: Span<UInt8>, version: HTTPVersion) throws(HTTPError) {
        for field in fields {
            // Only names of these lengths matter here, so most fields cost one comparison.
            switch field.nameEnd - field.nameStart {
            case 4 where bytes.isASCII("host", in: field.name):
                guard self.host == nil else { throw .repeatedHost }
                // It is empty where the target has no authority (RFC 9112 section 3.2).
                guard field.value.isEmpty || HTTPHost.isValid(bytes.extracting(field.value)) else {
                    throw .malformedHost
                }
                self.host = field.value
            case 6 where bytes.isASCII("expect", in: field.name):
                self.isContinueExpected = self.expectation == nil && bytes.isASCII("100-continue", in: field.value)
                self.expectation = field.value
            case 10 where bytes.isASCII("connection", in: field.name):
                self.read(connection: bytes.extracting(field.value))
            case 14 where bytes.isASCII("content-length", in: field.name):
                guard self.length == nil else { throw .repeatedContentLength }
                self.length = try Self.length(bytes.extracting(field.value))
            case 17 where bytes.isASCII("transfer-encoding", in: field.name):
                guard self.transferCodings == nil, version == .http11 else { throw .malformedTransferEncoding }
                self.transferCodings = field.value
                self.codingsAreChunked = bytes.isASCII("chunked", in: field.value)
                var last = false
                bytes.extracting(field.value).forEachListElement { coding in
                    last = coding.isASCII("chunked", in: coding.indices)
                    return true
                }
                self.endsChunked = last
            default:
                continue
            }
        }
        if self.length != nil, self.transferCodings != nil {
            throw .lengthBesideTransferEncoding
        }
        if self.transferCodings != nil, !self.codingsAreChunked {
            // With an unknown coding followed by chunked, we could still delimit the message; otherwise we could not.
            if self.endsChunked {
                throw .unsupportedTransferEncoding
            }
            throw .malformedTransferEncoding
        }
    }

    /// For a request, which has no body unless it declares one.
    func requestFraming() throws(HTTPError) -> BodyFraming {
        if self.transferCodings != nil {
            return .chunked
        }
        guard let length = self.length, length > 0 else { return .none }
        return .length(length)
    }

    /// For an answer to `method`, whose body may end with its connection.
    func responseFraming(status: HTTPStatus, to method: HTTPMethod) -> BodyFraming {
        if status.isBodiless || method == .head {
            return .none
        }
        if self.transferCodings != nil {
            return .chunked
        }
        return self.length.map { $0 == 0 ? .none : .length($0) } ?? .untilClose
    }

    /// HTTP/1.0 has no expectations, so they are ignored there (RFC 9110 section 10.1.1).
    func expectsContinue(_ version: HTTPVersion) throws(HTTPError) -> Bool {
        guard self.expectation != nil, version == .http11 else { return false }
        guard self.isContinueExpected else { throw .unsupportedExpectation }
        return true
    }

    private mutating func read(connection value: Span<UInt8>) {
        var options = self.connection
        value.forEachListElement { option in
            switch option.count {
            case 5 where option.isASCII("close", in: option.indices): options.insert(.close)
            case 7 where option.isASCII("upgrade", in: option.indices): options.insert(.upgrade)
            case 10 where option.isASCII("keep-alive", in: option.indices): options.insert(.keepAlive)
            default: break
            }
            return true
        }
        self.connection = options
    }

    /// Digits only: no sign, no list, no white space.
    ///
    /// Eighteen digits always fit.
    private static func length(_ value: Span<UInt8>) throws(HTTPError) -> Int {
        guard !value.isEmpty, value.count <= 18 else { throw .malformedContentLength }
        var length = 0
        for index in value.indices {
            guard HTTPByte.isDigit(value[index]) else { throw .malformedContentLength }
            length = length * 10 + Int(value[index] - UInt8(ascii: "0"))
        }
        return length
    }
}
