import HTTP
import Testing

@testable import HTTPServer

private func head(_ method: String, _ target: String) throws -> RequestHead {
    var parser = RequestHeadParser()
    let bytes = Array("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    guard case .head(let head, _) = try parser.read(bytes.span) else { throw HTTPError.malformedRequestLine(at: 0) }
    return head
}

private func router() -> HTTPRouter {
    var router = HTTPRouter()
    let paths: [(HTTPMethod, String)] = [
        (.get, "/"), (.get, "/rooms"), (.post, "/rooms"), (.get, "/rooms/{room}"), (.get, "/rooms/all"),
        (.delete, "/rooms/{room}"), (.get, "/rooms/{room}/users/{user}"), (.put, "/a b"),
    ]
    for (method, path) in paths {
        router.on(method, path, .answer { _ in .text("") })
    }
    return router
}

/// The route found, as text.
private func match(_ method: String, _ target: String) throws -> String {
    switch router().match(try head(method, target)) {
    case .notFound: "none"
    case .methodNotAllowed(let allowed): "allow " + allowed.map(\.name).joined(separator: " ")
    case .route(let route, let parameters): "\(route.pattern) \(parameters["room"]) \(parameters["user"])"
    }
}

@Suite struct HTTPRouterTests {
    @Test(
        arguments: [
            ("GET", "/", "/  "), ("GET", "/?x=y", "/  "), ("HEAD", "/rooms", "/rooms  "),
            ("POST", "/rooms", "/rooms  "),
            ("GET", "/rooms/x", "/rooms/{room} x "), ("GET", "/rooms/all", "/rooms/all  "),
            ("GET", "/room%73/all", "/rooms/all  "),
            ("DELETE", "/rooms/all", "/rooms/{room} all "),
            ("GET", "/rooms/a%2Fb/users/%C3%A9", "/rooms/{room}/users/{user} a/b é"),
            ("PUT", "/a%20b", "/a b  "), ("GET", "http://a", "/  "), ("GET", "http://a/rooms", "/rooms  "),
            ("GET", "/rooms/", "none"), ("GET", "/Rooms", "none"), ("GET", "/rooms/x/", "none"), ("GET", "//", "none"),
            ("GET", "/rooms/x/users", "none"), ("GET", "/rooms/../rooms", "none"), ("OPTIONS", "*", "none"),
            ("CONNECT", "a", "none"), ("DELETE", "/rooms", "allow GET HEAD POST"), ("PUT", "/", "allow GET HEAD"),
            ("POST", "/rooms/x", "allow GET HEAD DELETE"), ("get", "/", "allow GET HEAD"),
            ("GET", "/a%20b", "allow PUT"),
        ]
    )
    func `a request finds its route`(_ method: String, _ target: String, _ expected: String) throws {
        #expect(try match(method, target) == expected)
    }
}
