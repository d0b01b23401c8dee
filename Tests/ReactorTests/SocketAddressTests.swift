import Notation
import Testing

@testable import Reactor

struct SocketAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1:80", [127, 0, 0, 1]),
            ("::1", "[::1]:80", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("::ffff:10.1.2.3", "10.1.2.3:80", [10, 1, 2, 3]),
            ("2001:db8:0:0::5", "[2001:db8::5]:80", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
        ] as [(String, String, [UInt8])]
    )
    func `a literal is read and written`(literal: String, description: String, bytes: [UInt8]) throws {
        let address = try #require(SocketAddress(ip: literal, port: 80))
        #expect(address.description == description)
        #expect(address.address?.bytes == bytes)
        #expect(SocketAddress(address.kernel) == address)
        #expect(SocketAddress(ip: address.ip, port: 80) == address)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", ":::", "::1%lo", "127.0.0.1 "])
    func `what is no literal is refused`(text: String) {
        #expect(SocketAddress(ip: text, port: 1) == nil)
    }

    @Test func `loopback and wildcard are known`() throws {
        #expect(try #require(SocketAddress(ip: "127.9.9.9", port: 0)).isLoopback)
        #expect(try #require(SocketAddress(ip: "::1", port: 0)).isLoopback)
        #expect(try #require(SocketAddress(ip: "::", port: 0)).isWildcard)
        #expect(try #require(SocketAddress(ip: "0.0.0.0", port: 0)).isWildcard)
        #expect(!SocketAddress.none.isWildcard && !SocketAddress.none.isLoopback)
        #expect(SocketAddress.none.description == "-")
    }

    @Test func `names are resolved, literals are not asked for`() async throws {
        let local = try await SocketAddress.resolve(host: "localhost", port: 7)
        #expect(local.contains { $0.isLoopback && $0.port == 7 })
        #expect(try await SocketAddress.resolve(host: "::1", port: 7).map(\.description) == ["[::1]:7"])
    }

    @Test func `a name that means nothing is an error that says so`() async {
        await #expect {
            _ = try await SocketAddress.resolve(host: "no such host.invalid", port: 1)
        } throws: { error in
            if case .unresolvable(host: "no such host.invalid", _) = error as? ReactorError { true } else { false }
        }
    }
}
