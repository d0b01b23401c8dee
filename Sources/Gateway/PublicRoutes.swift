import HTTP
import HTTPServer
import Sessions
import Transport

/// What the public listener answers.
enum PublicRoutes {
    static func router(_ webSockets: WebSocketHost, _ settings: GatewaySettings) -> HTTPRouter {
        let endpoint = WebSocketEndpoint(
            webSockets,
            rules: Upgrade.Rules(
                usersNameThemselves: settings.isForDevelopment,
                maximumRooms: settings.sessions.maximumSubscriptions,
                maximumJSONDepth: settings.transport.maximumJSONDepth
            )
        )
        var router = HTTPRouter()
        router.on(.get, "/ws", .onLoop { endpoint.answer($0, for: .rooms) })
        if settings.isForDevelopment {
            router.on(.get, "/echo", .onLoop { endpoint.answer($0, for: .echo) })
            router.on(.get, "/", .answer { _ in Self.chatPage })
        }
        return router
    }

    private static let chatPage = HTTPResponse(
        status: .ok,
        headers: [
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy":
                "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                + "connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
        ],
        body: .bytes(Array(ChatPage.html.utf8))
    )
}
