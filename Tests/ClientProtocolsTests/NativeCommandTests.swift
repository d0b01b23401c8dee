import ClientProtocols
import JSONText
import Messaging
import TestKit
import Testing

/// What a frame turned out to be, in words that can be compared.
private func outcome(_ text: String, depth: Int = 64) -> String {
    outcome(Array(text.utf8), depth: depth)
}

private func outcome(_ bytes: [UInt8], depth: Int = 64) -> String {
    switch Examples.native(depth: depth).read(bytes.span, isText: true) {
    case .request(let request):
        return "\(said(request.id))\(said(request.command))"
    case .fault(let fault):
        return "\(said(fault.id))\(fault.command.label) \(fault.refusal.code.label): \(fault.refusal.sentence)"
    case .ending(let ending):
        return "\(ending.code ?? 0)"
    }
}

private func said(_ id: CommandID?) -> String {
    switch id {
    case .number(let digits): "#\(digits) "
    case .string(let string): "#'\(string)' "
    case nil: ""
    }
}

private func said(_ command: ClientCommand) -> String {
    switch command {
    case .connect(let token, let resume): "connect \(token ?? "-") \(resume ?? "-")"
    case .subscribe(let room, let since): "subscribe \(room) \(since ?? "-")"
    case .unsubscribe(let room): "unsubscribe \(room)"
    case .publish(let room, let kind, let payload, let echo, let trace):
        "publish \(room) \(kind) \(String(decoding: payload, as: UTF8.self)) \(echo) \(trace?.traceparent ?? "-")"
    case .refresh(let token): "refresh \(token)"
    case .received(let id): "received \(id)"
    case .ping: "ping"
    case .unsupported(let name): "unsupported \(name.label)"
    }
}

/// docs/protocol.md, command by command.
private let commands = [
    (
        #"{"type":"publish","id":7,"room":"chat.lobby","data":{"text":"hi"}}"#,
        #"#7 publish chat.lobby json {"text":"hi"} true -"#
    ),
    (#"{"type":"publish","room":"a","data":null}"#, "publish a json null true -"),
    (#"{"type":"publish","room":"a","data":"x\u0041"}"#, #"publish a json "x\u0041" true -"#),
    (" {\"data\" : [ 1,\n2 ] ,\"room\":\"a\",\"type\":\"publish\"} ", "publish a json [ 1,\n2 ] true -"),
    (#"{"type":"publish","room":"a","data":1,"echo":false}"#, "publish a json 1 false -"),
    // What JSON.stringify makes of a string that was cut in half.
    (#"{"type":"publish","room":"a","data":{"text":"\ud83d"}}"#, #"publish a json {"text":"\ud83d"} true -"#),
    (#"{"type":"publish","room":"a","data":1,"echo":null,"traceparent":null}"#, "publish a json 1 true -"),
    (
        #"{"type":"publish","room":"a","data":1,"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
        "publish a json 1 true 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ),
    (#"{"type":"subscribe","id":"s","room":"a:b/c@d-e_f.g"}"#, "#'s' subscribe a:b/c@d-e_f.g -"),
    (#"{"type":"subscribe","room":"a","since":"pos"}"#, "subscribe a pos"),
    (#"{"type":"unsubscribe","room":"a"}"#, "unsubscribe a"),
    (#"{"type":"connect"}"#, "connect - -"),
    (#"{"type":"connect","token":"t","resume":"r"}"#, "connect t r"),
    (#"{"type":"refresh","token":"t"}"#, "refresh t"),
    (#"{"type":"received","messageId":"01BX5ZZKBKACTAV9WEVGEMMVRZ"}"#, "received 01BX5ZZKBKACTAV9WEVGEMMVRZ"),
    (#"{"type":"ping","id":-1.50e+2}"#, "#-1.50e+2 ping"),
    (#"{"type":"history","room":"a","since":"p","limit":5}"#, "unsupported history"),
    (#"{"type":"presence","id":1,"room":"a"}"#, "#1 unsupported presence"),
    (#"{"\u0074ype":"p\u0069ng","\u0069d":"\u0061"}"#, "#'a' ping"),
    (#"{"type":"publish","room":"\u0061","data":1}"#, "publish a json 1 true -"),
]

/// What is answered with an error, and how it reads.
private let faults = [
    (
        "{}",
        #"unknown invalid: "type" must be one of connect, subscribe, unsubscribe, publish, refresh, received, ping, history, presence"#
    ),
    (#"{"id":1,"type":"publsh"}"#, #"; did you mean publish?"#),
    (#"{"type":"Publish"}"#, #"; did you mean publish?"#),
    (#"{"type":"sbuscribe"}"#, #"; did you mean subscribe?"#),
    (#"{"type":"dance","id":"x"}"#, #"#'x' unknown invalid: "type" must be one of"#),
    (#"{"type":7}"#, #"unknown invalid: "type" must be one of"#),
    (#"{"type":"ping","id":true}"#, #"unknown invalid: "id" must be a number or a string of at most 64 bytes"#),
    (#"{"type":"ping","id":null}"#, #"unknown invalid: "id" must be a number or a string of at most 64 bytes"#),
    (#"{"type":"ping","id":{}}"#, #"unknown invalid: "id" must be"#),
    (#"{"type":"ping","id":"\ud83d"}"#, #"unknown invalid: "id" must be a number or a string of at most 64 bytes"#),
    (#"{"type":"subscribe","room":"\ud83d"}"#, "subscribe invalid: a room name is 1 to 200 bytes long"),
    (#"{"type":"subscribe","id":1}"#, #"#1 subscribe invalid: "room" is missing; it must be a string"#),
    (#"{"type":"subscribe","room":5}"#, #"subscribe invalid: "room" is missing; it must be a string"#),
    (#"{"type":"subscribe","room":""}"#, "subscribe invalid: a room name is 1 to 200 bytes long; this one is empty"),
    (#"{"type":"subscribe","room":"a b"}"#, "subscribe invalid: a room name is made of"),
    (#"{"type":"subscribe","room":"_canary"}"#, "subscribe forbidden: room names that begin with _"),
    (#"{"type":"subscribe","room":"a","since":5}"#, #"subscribe invalid: "since" must be a string"#),
    (#"{"type":"publish","room":"a"}"#, #"publish invalid: "data" is missing; it may be any JSON value"#),
    (#"{"type":"publish","room":"a","data":1,"echo":"no"}"#, #"publish invalid: "echo" must be true or false"#),
    (#"{"type":"publish","room":"a","data":1,"traceparent":"x"}"#, #"publish invalid: "traceparent" is not a W3C"#),
    (#"{"type":"publish","room":"a","dta":1}"#, #"publish invalid: publish has no member "dta"; did you mean data?"#),
    (#"{"type":"publish","room":"a","data":1,"since":"x"}"#, #"publish invalid: publish has no member "since""#),
    (#"{"type":"ping","colour":1}"#, #"ping invalid: ping has no member "colour""#),
    (#"{"type":"ping","":1}"#, #"ping invalid: ping has no member """#),
    (#"{"type":"publish","room":"a","room":"b","data":1}"#, #"publish invalid: "room" is given twice"#),
    (#"{"type":"ping","type":"ping"}"#, #"ping invalid: "type" is given twice"#),
    (#"{"type":"refresh"}"#, #"refresh invalid: "token" is missing; it must be a string"#),
    (#"{"type":"refresh","token":null}"#, #"refresh invalid: "token" is missing; it must be a string"#),
    (#"{"type":"received","messageId":"short"}"#, #"received invalid: "messageId" must be the 26 characters"#),
]

@Suite struct NativeCommandTests {
    @Test(arguments: commands)
    func `commands are read as the protocol page has them`(text: String, expected: String) {
        #expect(outcome(text) == expected)
    }

    @Test(arguments: faults)
    func `what is wrong is said, and what would be right`(text: String, expected: String) {
        let said = outcome(text)
        #expect(said.contains(expected), "\(said)")
        #expect(said.contains("invalid: ") || said.contains("forbidden: "))
    }

    @Test(arguments: [
        "", " ", "null", "[]", "1", "\"a\"", "{", "}", "{}{}", "{} x", "{\"type\":\"ping\",}", "{'type':1}", "nonsense",
    ])
    func `what is not one JSON object ends the connection`(text: String) {
        #expect(outcome(text) == "4400")
    }

    @Test func `a binary frame ends the connection`() {
        let ping = Array(#"{"type":"ping"}"#.utf8)
        guard case .ending(let ending) = Examples.native().read(ping.span, isText: false) else {
            Issue.record("it is spoken in text frames")
            return
        }
        #expect(ending.code == 1003)
    }

    @Test func `text that is not UTF-8 ends the connection`() {
        #expect(outcome(Array(#"{"type":"ping","id":""#.utf8) + [0xFF] + Array(#""}"#.utf8)) == "4400")
    }

    @Test func `an id has at most 64 bytes, whatever it is`() {
        let longest = String(repeating: "€", count: 21) + "x"
        #expect(outcome(#"{"type":"ping","id":"\#(longest)"}"#) == "#'\(longest)' ping")
        #expect(outcome(#"{"type":"ping","id":"\#(longest)y"}"#).contains("at most 64 bytes"))
        let digits = String(repeating: "1", count: 64)
        #expect(outcome(#"{"type":"ping","id":\#(digits)}"#) == "#\(digits) ping")
        #expect(outcome(#"{"type":"ping","id":\#(digits)1}"#).contains("at most 64 bytes"))
    }

    @Test func `JSON that is too deep is an error, and only that`() {
        func nested(_ depth: Int) -> String {
            let open = String(repeating: "[", count: depth)
            return #"{"type":"publish","room":"a","data":\#(open)\#(String(repeating: "]", count: depth))}"#
        }
        #expect(outcome(nested(3), depth: 4).hasPrefix("publish a json [[[]]]"))
        #expect(outcome(nested(4), depth: 4).hasPrefix("unknown invalid: at byte"))
    }

    @Test func `data is passed on byte for byte`() throws {
        let data = #"{ "a" : [1.0e0, "\u00e9\/"],"a":1 }"#
        #expect(outcome(#"{"type":"publish","room":"a","data":\#(data)}"#) == "publish a json \(data) true -")
    }

    @Test func `cut and mutated frames are read, refused, or end the connection, and nothing else`() {
        var random = SeededGenerator()
        var outcomes: Set<String> = []
        for _ in 0..<4_000 {
            var bytes = Array((commands + faults).randomElement(using: &random)!.0.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeLast(bytes.count - place)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(Array("{}[]\",:\\u0 tf".utf8).randomElement(using: &random)!, at: place)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let said = outcome(bytes)
            outcomes.insert(said == "4400" ? said : said.contains(" invalid: ") ? "invalid" : "other")
            // Only what is no JSON object ends the connection.
            if said == "4400" { #expect((try? countOfMembers(bytes)) == nil, "\(bytes)") }
        }
        #expect(outcomes == ["4400", "invalid", "other"])
    }

    /// How many members the object in `bytes` has.
    private func countOfMembers(_ bytes: [UInt8]) throws(JSONError) -> Int {
        var count = 0
        var members = try JSONMembers(of: bytes.span)
        while try members.next(in: bytes.span) != nil { count += 1 }
        return count
    }
}
