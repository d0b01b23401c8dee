package import HTTP

/// What a client may cost a listener, in bytes and in time.
package struct HTTPServerLimits: Sendable {
    package var http: HTTPLimits
    /// From the connection's first moment, or a later request's first byte, to the end of its head.
    package var headTimeout: Duration
    /// From the end of a head to the end of its body.
    package var bodyTimeout: Duration
    /// How long a connection may rest between two requests.
    package var idleTimeout: Duration
    /// How long a connection that we end waits for its peer's end, so that the peer reads the answer first.
    package var lingerTimeout: Duration
    /// How many handlers may run as tasks at once, for one server; a request beyond gets 503.
    package var tasks: Int

    package init(
        http: HTTPLimits = HTTPLimits(),
        headTimeout: Duration = .seconds(10),
        bodyTimeout: Duration = .seconds(30),
        idleTimeout: Duration = .seconds(75),
        lingerTimeout: Duration = .seconds(5),
        tasks: Int = 256
    ) {
        self.http = http
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.idleTimeout = idleTimeout
        self.lingerTimeout = lingerTimeout
        self.tasks = tasks
    }
}
