package import HTTP

/// What a client may cost a listener, in bytes and in time.
package struct HTTPServerLimits: Sendable {
    package var http: HTTPLimits
    /// From the start of the connection, or the first byte of a later request, to the end of its head.
    package var headTimeout: Duration
    /// From the end of a head to the end of its body.
    package var bodyTimeout: Duration
    /// How long a connection may be idle between two requests.
    package var idleTimeout: Duration
    /// How long a connection that we end waits for its peer to end it, so that the peer can read the answer.
    package var lingerTimeout: Duration
    /// How many handlers may run as tasks at once, per server; further requests get 503.
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
