/// A request to another service.
///
/// Redirects are not followed: they are returned like any other answer.
package struct OutgoingRequest: Sendable {
    package enum Method: String, Sendable {
        case delete = "DELETE"
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
    }

    package var method: Method
    /// `http://` or `https://`.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// `nil` for no body; an empty body is sent with its length, 0.
    package var body: [UInt8]?
    /// From the call to the last byte of the answer.
    package var timeout: Duration = .seconds(10)
    /// Name look-up, TCP and TLS.
    package var connectTimeout: Duration = .seconds(5)
    package var maximumAnswerBytes = 1 << 20
    /// A PEM file with the certificates to trust instead of the system's.
    package var authorities: String?
    /// Whether the environment's proxies apply; loopback is never reached through one.
    package var mayUseProxy = true

    package init(
        _ method: Method = .get,
        _ url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// Why the request cannot be sent; `nil` if it can.
    var flaw: HTTPClientError? {
        guard !self.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            return .invalidRequest("the URL has spaces or control characters")
        }
        guard ["http://", "https://"].contains(where: self.url.lowercased().hasPrefix) else {
            return .invalidRequest("the URL does not begin with http:// or https://")
        }
        for (name, value) in self.headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.mayStandInName) else {
                return .invalidRequest("\(name.debugDescription) is no header name")
            }
            guard !value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) else {
                return .invalidRequest("the header \(name) has control characters")
            }
        }
        return nil
    }

    /// A token of RFC 9110 section 5.6.2.
    private static func mayStandInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// The answer, whatever its status.
package struct HTTPAnswer: Sendable {
    package let status: Int
    /// In the order of the answer, with names as sent.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    /// The first header with that name, ignoring case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return self.headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// The body as text; what is not UTF-8 is replaced.
    package var text: String {
        String(decoding: self.body, as: UTF8.self)
    }
}
