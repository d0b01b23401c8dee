import Foundation
import HTTPClient
import TestKit
import Testing

private let openssl = "/usr/bin/openssl"

/// Against `openssl s_server` with a certificate of its own.
@Suite(.timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
struct TrustTests {
    @Test func `a certificate is trusted by the authorities that were named, and only for its address`() async throws {
        let folder = try TemporaryFolder()
        let certificate = folder.file("certificate.pem")
        let making = try await ChildProcess.run(
            openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder.file("key.pem"), "-out",
                certificate,
            ]
        )
        try #require(making.code == 0, "\(making.errors)")
        let server = try ChildProcess(
            openssl,
            ["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", folder.file("key.pem")]
        )
        var said = ""
        for await more in server.output {
            said += more
            if said.contains(/ACCEPT 127.0.0.1:\d+\n/) { break }
        }
        let port = try #require(said.firstMatch(of: /ACCEPT 127.0.0.1:(\d+)\n/)).1

        var request = OutgoingRequest(.get, "https://127.0.0.1:\(port)/")
        #expect(try await self.isUntrusted(request))
        request.authorities = certificate
        #expect(try await !self.isUntrusted(request))
        request.url = "https://localhost:\(port)/"
        #expect(try await self.isUntrusted(request))
        request.url = "https://127.0.0.1:\(port)/"
        request.authorities = folder.file("nothing.pem")
        #expect(try await self.isUntrusted(request))
    }

    private func isUntrusted(_ request: OutgoingRequest) async throws -> Bool {
        do {
            return try await HTTPClient().send(request).status != 200
        } catch .untrusted {
            return true
        } catch {
            throw error
        }
    }
}
