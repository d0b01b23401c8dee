import ClientProtocols
import HTTP
import Messaging
import Testing
import Transport

@Suite struct UpgradeTests {
    static let development = Upgrade.Rules(usersNameThemselves: true, maximumRooms: 3, maximumJSONDepth: 64)

    func upgrade(
        _ target: String,
        offering subprotocols: [String] = [],
        _ endpoint: Upgrade.Endpoint = .rooms,
        _ rules: Upgrade.Rules = UpgradeTests.development
    ) throws -> Upgrade {
        let head = try head("GET \(target) HTTP/1.1\r\nHost: here\r\n\r\n")
        return try Upgrade(head.target, offering: subprotocols, for: endpoint, rules)
    }

    @Test func `plain rooms come in their order, each once, and the first is published to`() throws {
        let upgrade = try self.upgrade("/ws?room=b&room=a&room=b")
        #expect(upgrade.client?.rooms.map(\.text) == ["b", "a"])
        #expect(self.publication(upgrade) == "b echo true")
        #expect(upgrade.user == nil)
        #expect(upgrade.subprotocol == nil)
    }

    @Test func `echo false is kept`() throws {
        #expect(self.publication(try self.upgrade("/ws?room=a&echo=false")) == "a echo false")
    }

    /// Where a message of the client goes.
    private func publication(_ upgrade: Upgrade) -> String? {
        let payload = Array("x".utf8)
        guard case .request(let request) = upgrade.client?.read(payload.span, isText: true),
            case .publish(let room, .text, let published, let echo, nil) = request.command, published == payload
        else { return nil }
        return "\(room) echo \(echo)"
    }

    @Test func `in development a user names itself, elsewhere nobody does`() throws {
        #expect(try self.upgrade("/ws?room=a&user=alice").user?.text == "alice")
        let strict = Upgrade.Rules(usersNameThemselves: false, maximumRooms: 3, maximumJSONDepth: 64)
        #expect(try self.upgrade("/ws?room=a&user=alice", .rooms, strict).user == nil)
    }

    @Test(arguments: [
        (["atalaya.v1.json"], "atalaya.v1.json"),
        (["atalaya.v1.plain"], "atalaya.v1.plain"),
        (["v12.stomp", "atalaya.v1.json"], "atalaya.v1.json"),
        (["bearer.e30.e30.c2ln", "atalaya.v1.plain", "atalaya.v1.json"], "atalaya.v1.plain"),
    ])
    func `the first supported subprotocol in the client's order is chosen`(_ offers: [String], _ chosen: String) throws
    {
        let upgrade = try self.upgrade("/ws?room=a&resume=secret", offering: offers)
        #expect(upgrade.subprotocol == chosen)
        #expect(upgrade.protocolName == (chosen == "atalaya.v1.json" ? .native : .plain))
        #expect(upgrade.client?.resume == (chosen == "atalaya.v1.json" ? "secret" : nil))
    }

    @Test(arguments: [
        ("/ws", [], HandshakeRejection.room),
        ("/ws?room=", [], .room),
        ("/ws?room=_inner", [], .room),
        ("/ws?room=a%20b", [], .room),
        ("/ws?room=a&room=b&room=c&room=d", [], .room),
        ("/ws?room=a&user=_me", [], .user),
        ("/ws?room=a&user=", [], .user),
        ("/ws?room=a&echo=maybe", [], .badHandshake),
        ("/ws?room=a&access_token=x", [], .token),
        ("/ws?room=a", ["v12.stomp"], .subprotocol),
        ("/ws?room=a", ["bearer.e30.e30.c2ln"], .subprotocol),
    ])
    func `what cannot be given is refused with a reason`(
        _ target: String,
        _ offers: [String],
        _ reason: HandshakeRejection
    ) throws {
        let refusal = #expect(throws: UpgradeRefusal.self) { try self.upgrade(target, offering: offers) }
        #expect(refusal?.reason == reason)
        #expect(refusal?.status == .badRequest)
    }

    @Test func `echo wants no room`() throws {
        let upgrade = try self.upgrade("/echo", .echo)
        #expect(upgrade.client == nil)
        #expect(upgrade.protocolName == .plain)
    }
}

extension UpgradeTests {
    fileprivate func upgrade(
        _ target: String,
        _ endpoint: Upgrade.Endpoint,
        _ rules: Upgrade.Rules = UpgradeTests.development
    ) throws -> Upgrade {
        try self.upgrade(target, offering: [], endpoint, rules)
    }
}

private func head(_ text: String) throws -> RequestHead {
    let bytes = Array(text.utf8)
    var parser = RequestHeadParser(limits: HTTPLimits())
    guard case .head(let head, _) = try parser.read(bytes.span) else {
        throw HeadIncomplete()
    }
    return head
}

private struct HeadIncomplete: Error {}
