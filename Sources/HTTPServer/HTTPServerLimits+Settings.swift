import HTTP
package import Settings

extension HTTPServerLimits {
    package init(from settings: inout SettingsReader) {
        self.init(
            http: HTTPLimits(
                headBytes: settings.size(
                    "limits.headerBytes",
                    default: 16 * 1024,
                    atLeast: 1024,
                    atMost: 128 * 1024,
                    "Largest head of an HTTP request, including the request line; a larger one gets 431."
                ),
                fields: settings.int(
                    "limits.headers",
                    default: 100,
                    atLeast: 10,
                    atMost: 10_000,
                    "How many header fields a request may have; a request with more gets 431."
                )
            ),
            headTimeout: settings.duration(
                "limits.handshakeTimeout",
                default: .seconds(10),
                atLeast: .milliseconds(10),
                "How long a client may take to send the head of a request."
            )
        )
    }
}
