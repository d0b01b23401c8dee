package import HTTP

/// What went wrong with a request, as `application/problem+json` (RFC 9457).
///
/// A handler may throw it.
package struct HTTPProblem: Error, Sendable {
    package var status: HTTPStatus
    /// A sentence about this case; the title comes from the status.
    package var detail: String?
    package var headers: HTTPHeaders
    /// What programs want to know besides (RFC 9457 section 3.2).
    package var members: [(name: String, value: String)]

    package init(
        _ status: HTTPStatus,
        _ detail: String? = nil,
        headers: HTTPHeaders = [:],
        members: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.detail = detail
        self.headers = headers
        self.members = members
    }

    init(_ error: HTTPError) {
        self.init(error.status, String(describing: error))
    }

    package var response: HTTPResponse {
        var members = #"{"type":"about:blank","title":"\#(Self.escaped(self.status.reasonPhrase))""#
        members += #","status":\#(self.status.code)"#
        if let detail = self.detail {
            members += #","detail":"\#(Self.escaped(detail))""#
        }
        for (name, value) in self.members {
            members += #","\#(Self.escaped(name))":"\#(Self.escaped(value))""#
        }
        var headers = self.headers
        headers.add("Content-Type", "application/problem+json")
        headers.add("Cache-Control", "no-store")
        return HTTPResponse(status: self.status, headers: headers, body: .bytes(Array((members + "}\n").utf8)))
    }

    /// Control characters become spaces, since no sentence needs them.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": escaped += "\\\(scalar)"
            case _ where scalar.value < 0x20: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
