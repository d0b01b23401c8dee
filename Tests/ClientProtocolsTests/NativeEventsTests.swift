import ClientProtocols
import Messaging
import Testing

private let welcome = Welcome(
    connection: Examples.connection,
    user: try! UserID("al\"ice"),
    resume: "AbC-_",
    resumed: true,
    instance: "pod-1",
    heartbeatMilliseconds: 25_000
)

/// docs/protocol.md, each frame whole.
private let frames: [(ServerEvent, String)] = [
    (
        .welcome(welcome),
        #"{"type":"welcome","connectionId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","userId":"al\"ice","resume":"AbC-_","#
            + #""resumed":true,"instance":"pod-1","heartbeatMs":25000}"#
    ),
    (.done(.number("7")), #"{"type":"ok","id":7}"#),
    (.done(.number("-1.50e+2")), #"{"type":"ok","id":-1.50e+2}"#),
    (.done(.string("a\"\n€")), #"{"type":"ok","id":"a\"\n€"}"#),
    (.subscribed(.number("1"), recovered: nil), #"{"type":"ok","id":1}"#),
    (.subscribed(.number("1"), recovered: false), #"{"type":"ok","id":1,"recovered":false}"#),
    (.subscribed(.number("1"), recovered: true), #"{"type":"ok","id":1,"recovered":true}"#),
    (
        .published(.string("x"), Examples.message),
        #"{"type":"ok","id":"x","messageId":"01BX5ZZKBKACTAV9WEVGEMMVRZ"}"#
    ),
    (
        .failed(.number("2"), Refusal(.rateLimited, "say \"less\"")),
        #"{"type":"error","id":2,"code":"rate_limited","message":"say \"less\""}"#
    ),
    (.failed(nil, Refusal(.invalid, "no")), #"{"type":"error","code":"invalid","message":"no"}"#),
    (.pong(nil), #"{"type":"pong"}"#),
    (.pong(.number("3")), #"{"type":"pong","id":3}"#),
]

@Suite struct NativeEventsTests {
    @Test(arguments: frames)
    func `events are written as the protocol page has them`(event: ServerEvent, text: String) {
        #expect(appended { _ = Examples.native().write(event, into: &$0) } == text)
    }

    @Test(arguments: [
        ("invalid", ErrorCode.invalid), ("unauthenticated", .unauthenticated), ("forbidden", .forbidden),
        ("rate_limited", .rateLimited), ("too_big", .tooBig), ("broker_unavailable", .brokerUnavailable),
        ("not_supported", .notSupported),
    ])
    func `the codes of errors are those of the protocol page`(text: String, code: ErrorCode) {
        #expect(
            appended { _ = Examples.native().write(.failed(nil, Refusal(code, "")), into: &$0) }
                == #"{"type":"error","code":"\#(text)","message":""}"#
        )
        #expect(ErrorCode.allCases.count == 7)
    }

    @Test func `a client that is asked to come back hears when, before the close`() {
        let drain = Ending(.drain, by: .server, "come back", reconnectAfter: .milliseconds(1500))
        #expect(
            appended { _ = Examples.native().writeGoodbye(drain, into: &$0) }
                == #"{"type":"reconnect","afterMs":1500,"reason":"drain"}"#
        )
        #expect(appended { _ = Examples.native().writeGoodbye(Ending(.policy, by: .server), into: &$0) }.isEmpty)
    }

    @Test func `a room's message carries room, id, sender, time, data and trace`() {
        let message = Examples.message(.json, Array(#"{"text": "hi"}"#.utf8), trace: Examples.trace)
        #expect(
            appended { Native.encode(message, as: Examples.nativeEncoding, into: &$0) }
                == #"{"type":"message","room":"chat.lobby","id":"01BX5ZZKBKACTAV9WEVGEMMVRZ","from":"alice","#
                + #""ts":1700000000123,"data":{"text": "hi"},"#
                + #""traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#
        )
        let stranger = Examples.message(.json, Array("1".utf8), from: nil)
        #expect(
            appended { Native.encode(stranger, as: Examples.nativeEncoding, into: &$0) }
                == #"{"type":"message","room":"chat.lobby","id":"01BX5ZZKBKACTAV9WEVGEMMVRZ","#
                + #""ts":1700000000123,"data":1}"#
        )
        let quoted = Examples.message(.json, Array("1".utf8), from: "\"q\\\"")
        #expect(
            appended { Native.encode(quoted, as: Examples.nativeEncoding, into: &$0) }.contains(
                #""from":"\"q\\\"","ts""#
            )
        )
    }
}
