package import HTTP

/// Who answers a request.
package enum HTTPHandler {
    /// At once, on the loop; for answers that need no waiting.
    case answer((HTTPRequest) -> HTTPResponse)
    /// On the loop, now or later, at once or in pieces, or by taking over the socket.
    case onLoop((HTTPExchange) -> Void)
    /// By a task outside the loops, which may wait; cancelled when the connection ends.
    ///
    /// If it throws, an `HTTPProblem` becomes the answer, and any other error a 500.
    case task(@Sendable (HTTPRequest) async throws -> HTTPResponse)
}

/// A method, a path and who answers it.
package struct HTTPRoute {
    package let method: HTTPMethod
    /// As in `/api/v1/rooms/{room}`.
    package let pattern: String
    package let maximumBodyBytes: Int
    package let handler: HTTPHandler
    let segments: [Segment]
    let hasParameters: Bool

    enum Segment {
        case literal(String)
        case parameter(String)
    }

    init(_ method: HTTPMethod, _ pattern: String, maximumBodyBytes: Int, _ handler: HTTPHandler) {
        self.method = method
        self.pattern = pattern
        self.maximumBodyBytes = maximumBodyBytes
        self.handler = handler
        self.segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
        self.hasParameters = self.segments.contains { if case .parameter = $0 { true } else { false } }
    }
}

/// Finds the route of a request by method and path.
///
/// If two fit, the one without parameters wins, then the first.
package struct HTTPRouter {
    enum Match {
        case route(HTTPRoute, HTTPParameters)
        case methodNotAllowed([HTTPMethod])
        case notFound
    }

    private(set) var routes: [HTTPRoute] = []

    package init() {}

    /// Adds a route; one for GET answers HEAD too.
    ///
    /// - Parameters:
    ///   - pattern: Begins with `/`; a segment in braces matches any segment, whose value is passed on decoded.
    ///   - maximumBodyBytes: A longer body gets 413; 0 allows none.
    package mutating func on(
        _ method: HTTPMethod,
        _ pattern: String,
        maximumBodyBytes: Int = 0,
        _ handler: HTTPHandler
    ) {
        precondition(pattern.hasPrefix("/"), "a path pattern begins with a slash")
        self.routes.append(HTTPRoute(method, pattern, maximumBodyBytes: maximumBodyBytes, handler))
    }

    /// The route of a request, for who answers it without a connection; `nil` if there is none.
    package func route(of head: RequestHead) -> (route: HTTPRoute, parameters: HTTPParameters)? {
        guard case .route(let route, let parameters) = self.match(head) else { return nil }
        return (route, parameters)
    }

    func match(_ head: RequestHead) -> Match {
        let wanted = head.method == .head ? .get : head.method
        var allowed: [HTTPMethod] = []
        // Most paths are literal and are found without splitting the path.
        for route in self.routes where !route.hasParameters && head.target.hasPath(route.pattern) {
            if route.method == wanted {
                return .route(route, [:])
            }
            Self.add(route.method, to: &allowed)
        }
        let segments = head.target.pathSegments
        for withParameters in [false, true] {
            for route in self.routes where route.hasParameters == withParameters {
                guard let parameters = Self.match(segments, route.segments) else { continue }
                if route.method == wanted {
                    return .route(route, HTTPParameters(parameters))
                }
                Self.add(route.method, to: &allowed)
            }
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }

    private static func add(_ method: HTTPMethod, to allowed: inout [HTTPMethod]) {
        for method in method == .get ? [.get, .head] : [method] where !allowed.contains(method) {
            allowed.append(method)
        }
    }

    private static func match(
        _ path: [String],
        _ pattern: [HTTPRoute.Segment]
    ) -> [(name: String, value: String)]? {
        guard path.count == pattern.count else { return nil }
        var parameters: [(name: String, value: String)] = []
        for (segment, wanted) in zip(path, pattern) {
            switch wanted {
            case .literal(let literal):
                guard segment.utf8.elementsEqual(literal.utf8) else { return nil }
            case .parameter(let name):
                guard !segment.isEmpty else { return nil }
                parameters.append((name, segment))
            }
        }
        return parameters
    }
}
