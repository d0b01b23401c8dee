import Testing

@testable import Notation

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("fe80::", "fe80::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
        ("1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:10.1.2.3", "::ffff:a01:203"), ("0:0::1:0:0:0", "::1:0:0:0"),
    ])
    func `addresses are read, and shown as RFC 5952 has them`(text: String, shown: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(IPAddress(shown) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ", "a.b.c.d", "localhost", ":", ":::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::12345", "::g", "[::1]", "fe80::1%eth0", "1:2:3:4:5:6:7::8",
        "::1.2.3", "1.2.3.4::", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1..3.4", "٣.1.1.1", "::٣",
    ])
    func `what is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `loopback and all addresses are known`() throws {
        #expect(try #require(IPAddress("127.9.9.9")).isLoopback)
        #expect(try #require(IPAddress("::1")).isLoopback)
        #expect(try !#require(IPAddress("::2")).isLoopback)
        #expect(try #require(IPAddress("::")).isUnspecified)
        #expect(try #require(IPAddress("0.0.0.0")).isUnspecified)
        #expect(try !#require(IPAddress("::1:0:0:1")).isUnspecified)
        #expect(IPAddress.unspecified(.four).description == "0.0.0.0")
        #expect(IPAddress.unspecified(.six).description == "::")
        #expect(IPAddress.loopback.description == "127.0.0.1")
    }

    @Test(arguments: [
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.0.0.1.", "127.9.9.9", "::1", "[::1]",
        "[::ffff:127.0.0.1]",
    ])
    func `a host that is this machine is known by name and by address`(host: String) {
        #expect(IPAddress.isLoopback(host: host))
    }

    @Test(arguments: [
        "", ".", "[]", "localhost.example", "notlocalhost", "127.0.0.1.example", "127.1", "128.0.0.1", "[::2]",
        "0.0.0.0",
        "[::1", "::1]", "[::ffff:128.0.0.1]",
    ])
    func `any other host may be another machine`(host: String) {
        #expect(!IPAddress.isLoopback(host: host))
    }

    @Test(arguments: [
        ("::ffff:10.1.2.3", "10.1.2.3"), ("10.1.2.3", "10.1.2.3"), ("::fffe:a01:203", "::fffe:a01:203"),
        ("1::ffff:a01:203", "1::ffff:a01:203"),
    ])
    func `an IPv4 address that is mapped into IPv6 is the one it is`(text: String, unmapped: String) throws {
        #expect(try #require(IPAddress(text)).unmapped == IPAddress(unmapped))
    }

    @Test(arguments: [
        ("127.0.0.1", [127, 0, 0, 1]), ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ("2001:db8::5", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
    ])
    func `its bytes stand in the order of the network`(text: String, bytes: [UInt8]) throws {
        #expect(try #require(IPAddress(text)).bytes == bytes)
    }
}
