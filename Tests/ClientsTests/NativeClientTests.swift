import Clients
import Testing

/// Answers as a gateway does: a message comes before each `ok`, and errors where the room is `no`.
private func gateway(_ command: String) -> [String] {
    let id = command.split(separator: "\"id\":").last.map { $0.prefix { $0.isNumber } } ?? ""
    let message = #"{"type":"message","room":"r","id":"m\#(id)","ts":5,"data":"before \#(id)"}"#
    if command.contains(#""room":"no""#) {
        return [#"{"type":"error","id":\#(id),"code":"forbidden","message":"not there"}"#]
    }
    if command.contains(#""type":"ping""#) { return [#"{"type":"pong","id":\#(id)}"#] }
    let messageID = command.contains(#""type":"publish""#) ? #","messageId":"m\#(id)""# : ""
    return [message, #"{"type":"ok","id":\#(id)\#(messageID)}"#]
}

@Suite(.timeLimit(.minutes(1))) struct NativeClientTests {
    @Test func `answers find their commands and messages keep their order`() async throws {
        let server = try await EchoServer(replies: gateway)
        defer { server.stop() }
        let client = try await NativeClient.connect(to: server.address, query: "user=alice")
        #expect(client.socket.subprotocol == "atalaya.v1.json")
        try await client.subscribe("r:1")
        #expect(try await client.publish("[1]", to: "r", echo: false) == "m2")
        #expect(try await client.ask("ping") == .pong(id: "3"))
        #expect(try await client.nextMessage().data == #""before 1""#)
        #expect(try await client.nextMessage().data == #""before 2""#)
    }

    @Test func `an error is thrown with its code, and the client goes on`() async throws {
        let server = try await EchoServer(replies: gateway)
        defer { server.stop() }
        let client = try await NativeClient.connect(to: server.address)
        do {
            try await client.subscribe("no")
            Issue.record("the server had refused")
        } catch let error as NativeError {
            #expect(error.code == "forbidden")
            #expect(error.id == "1")
        }
        try await client.unsubscribe("r")
        let closing = await client.socket.close()
        #expect(closing.code == 1000)
    }
}
