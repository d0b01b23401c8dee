import Testing

@testable import Clients

@Suite struct NativeEventTests {
    @Test(
        arguments: [
            (
                #"{"type":"welcome","connectionId":"c","userId":"u","resume":"r","resumed":false,"instance":"i","heartbeatMs":25000}"#,
                .welcome(
                    NativeWelcome(
                        connectionID: "c",
                        userID: "u",
                        resume: "r",
                        resumed: false,
                        instance: "i",
                        heartbeatMilliseconds: 25000
                    )
                )
            ),
            (#"{"type":"ok","id":7}"#, .ok(NativeOK(id: "7", messageID: nil, recovered: nil))),
            (
                #"{"type":"ok","id":"a","recovered":false}"#,
                .ok(NativeOK(id: "\"a\"", messageID: nil, recovered: false))
            ),
            (
                #"{"type":"error","code":"invalid","message":"no"}"#,
                .error(NativeError(id: nil, code: "invalid", message: "no"))
            ),
            (
                #"{"type":"message","room":"r","id":"m","from":"u","ts":5,"data":{"a": 1}}"#,
                .message(
                    NativeMessage(room: "r", id: "m", from: "u", time: 5, data: #"{"a": 1}"#, traceparent: nil)
                )
            ),
            (#"{"type":"reconnect","afterMs":5,"reason":"drain"}"#, .reconnect(afterMilliseconds: 5, reason: "drain")),
            (#"{"type":"pong"}"#, .pong(id: nil)),
        ] as [(String, NativeEvent)]
    )
    func `what the protocol promises is read`(text: String, event: NativeEvent) throws {
        #expect(try NativeEvent(text) == event)
    }

    @Test(arguments: [
        (#"{"type":"ok","id":7,"position":"x"}"#, NativeEventFault.unknownMember("position")),
        (#"{"type":"ok"}"#, .missingMember("id")),
        (#"{"type":"pong","type":"ok"}"#, .repeatedMember("type")),
        (#"{"type":"oops"}"#, .unknownType("oops")),
        (#"{"type":"message","room":"r","id":"m","ts":"5","data":1}"#, .missingMember("ts")),
    ])
    func `anything else is a fault of the server`(text: String, fault: NativeEventFault) {
        #expect(throws: fault) { try NativeEvent(text) }
    }
}
