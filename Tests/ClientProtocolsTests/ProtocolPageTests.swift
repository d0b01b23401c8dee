import Messaging
import Testing

@testable import ClientProtocols

/// The frames of the page, in their order.
private let events: [ServerEvent] = [
    .welcome(
        Welcome(
            connection: Examples.connection,
            user: try! UserID("alice"),
            resume: "R2hvc3QtdG9rZW4tb25seQ",
            resumed: false,
            instance: "pod-1",
            heartbeatMilliseconds: 25_000
        )
    ),
    .done(.number("1")),
    .subscribed(.number("1"), recovered: false),
    .published(.number("2"), Examples.message),
    .failed(
        .number("2"),
        Refusal(.brokerUnavailable, "the broker did not confirm the message; it may not have been delivered")
    ),
]

/// docs/protocol.md says what the code does.
@Suite struct ProtocolPageTests {
    @Test func `every command is explained with the members that it knows`() throws {
        let rows = try ProtocolPage.table(under: "Frames from the client")
        #expect(rows.map { $0[0] } == CommandName.native.map(\.label))
        for (row, command) in zip(rows, CommandName.native) {
            #expect(row[1] == NativeMember.known(to: command).map(\.name).joined(separator: ", "), "\(command.label)")
        }
    }

    @Test func `every frame of a client is understood as its command`() throws {
        var seen: Set<CommandName> = []
        for frame in try ProtocolPage.frames("client") {
            let bytes = Array(frame.utf8)
            guard case .request(let request) = Examples.native().read(bytes.span, isText: true) else {
                Issue.record("\(frame) is no command")
                continue
            }
            #expect(frame.hasPrefix(#"{"type":"\#(request.command.name.label)""#))
            seen.insert(request.command.name)
        }
        #expect(seen == Set(CommandName.native))
    }

    @Test func `every frame of the server is written so`() throws {
        var written = events.map { event in appended { _ = Examples.native().write(event, into: &$0) } }
        let message = Examples.message(.json, #"{"text":"hi"}"#)
        written.append(appended { Native.encode(message, as: Examples.nativeEncoding, into: &$0) })
        written.append(appended { _ = Examples.native().write(.pong(.string("p-1")), into: &$0) })
        let drain = Ending(.drain, by: .server, reconnectAfter: .milliseconds(1500))
        written.append(appended { _ = Examples.native().writeGoodbye(drain, into: &$0) })
        #expect(try ProtocolPage.frames("server") == written)
    }

    @Test func `every type that the server sends is explained`() throws {
        let explained = try ProtocolPage.table(under: "Frames from the server").map { $0[0] }
        let written = try ProtocolPage.frames("server").compactMap { $0.split(separator: "\"").dropFirst(3).first }
        #expect(Set(explained) == Set(written.map(String.init)))
    }

    @Test func `every code of an error is explained`() throws {
        #expect(try ProtocolPage.table(under: "Errors").map { $0[0] } == ErrorCode.allCases.map(\.label))
    }

    @Test func `every reason of an ending is explained, with its codes`() throws {
        let rows = try ProtocolPage.table(under: "Close codes")
        #expect(rows.map { $0[0] } == CloseReason.allCases.map(\.label))
        for (row, reason) in zip(rows, CloseReason.allCases) {
            let first = row[1].split(separator: ",").first.map(String.init)
            #expect(first == reason.webSocketCode.map { "\($0)" } ?? "none", "\(reason.label)")
        }
    }
}
