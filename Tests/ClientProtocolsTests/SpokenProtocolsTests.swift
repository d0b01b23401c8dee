import ClientProtocols
import Instruments
import Messaging
import TestKit
import Testing

/// docs/protocol.md, "Payloads": the payload, what native members see as `data`, what plain
/// ones get.
private let payloads: [(PayloadKind, String, native: String, plain: String)] = [
    (.json, #"{"a": 1}"#, #"{"a": 1}"#, #"{"a": 1}"#),
    (.json, " [1]\n", " [1]\n", " [1]\n"),
    (.json, #""h\u00e9 \"x\"""#, #""h\u00e9 \"x\"""#, #"hé "x""#),
    (.json, #" "padded" "#, #" "padded" "#, "padded"),
    (.json, "null", "null", "null"),
    (.json, "1.50", "1.50", "1.50"),
    (.text, "hello \"you\"\n", #""hello \"you\"\n""#, "hello \"you\"\n"),
    (.text, "", #""""#, ""),
    (.text, #"{"a": 1}"#, #"{"a": 1}"#, #"{"a": 1}"#),
    (.text, " [1, 2]", " [1, 2]", " [1, 2]"),
    (.text, "{not json}", #""{not json}""#, "{not json}"),
    (.text, "[1] 2", #""[1] 2""#, "[1] 2"),
    (.text, "5", #""5""#, "5"),
    (.text, "true", #""true""#, "true"),
    (.text, #""quoted""#, #""\"quoted\"""#, #""quoted""#),
    (.binary, "foob", #"{"base64":"Zm9vYg=="}"#, "foob"),
    (.binary, "", #"{"base64":""}"#, ""),
    (.binary, #"{"a":1}"#, #"{"base64":"eyJhIjoxfQ=="}"#, #"{"a":1}"#),
]

@Suite struct SpokenProtocolsTests {
    @Test(arguments: payloads)
    func `one message is the same message in every protocol`(
        kind: PayloadKind,
        payload: String,
        native: String,
        plain: String
    ) throws {
        let message = Examples.message(kind, payload)
        let text = appended { Native.encode(message, as: Examples.nativeEncoding, into: &$0) }
        #expect(text.hasSuffix(#""ts":1700000000123,"data":\#(native)}"#))
        #expect(appended { Plain.encode(message, as: Examples.plainEncoding, into: &$0) } == plain)
        #expect(Plain.isSentAsIs(message, as: Examples.plainEncoding) == (payload == plain))
        #expect(Plain.isText(message, as: Examples.plainEncoding) == (kind != .binary))
    }

    @Test func `text that is nested too deep to be checked is a string`() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(
            appended { Native.encode(Examples.message(.text, deep), as: Examples.nativeEncoding, into: &$0) }.hasSuffix(
                #""data":"\#(deep)"}"#
            )
        )
    }

    @Test func `declared JSON that is none after all is passed on as it is`() {
        let message = Examples.message(.json, #""never ends"#)
        #expect(appended { Plain.encode(message, as: Examples.plainEncoding, into: &$0) } == #""never ends"#)
    }

    @Test(arguments: ProtocolContract.allCases, SpokenProtocols.all)
    func `every language keeps the contract`(clause: ProtocolContract, language: any ClientProtocol.Type) throws {
        try clause.check(language)
    }

    @Test func `names and subprotocols are each of one language`() {
        #expect(Set(SpokenProtocols.all.map { $0.name }) == Set(ProtocolName.allCases))
        #expect(SpokenProtocols.all.count == ProtocolName.allCases.count)
        #expect(Set(SpokenProtocols.subprotocols).count == SpokenProtocols.subprotocols.count)
        for name in ProtocolName.allCases {
            #expect(SpokenProtocols.byName[name].name == name)
        }
    }

    @Test(
        arguments: [
            (["atalaya.v1.json"], "atalaya.v1.json"), (["atalaya.v1.plain", "atalaya.v1.json"], "atalaya.v1.plain"),
            (["x", "atalaya.v1.json", "atalaya.v1.plain"], "atalaya.v1.json"),
            (["bearer.abc", "atalaya.v1.json"], "atalaya.v1.json"), (["bearer.atalaya.v1.json"], nil),
            (["v12.stomp", "ATALAYA.V1.JSON"], nil),
        ] as [([String], String?)]
    )
    func `the first offer that is spoken is chosen`(offers: [String], chosen: String?) {
        let choice = SpokenProtocols.choose(of: offers)
        #expect(choice?.subprotocol == chosen)
        if let choice, let chosen { #expect(choice.language.subprotocols.contains(chosen)) }
    }

    @Test func `who offers nothing speaks plain rooms`() {
        let choice = SpokenProtocols.choose(of: [])
        #expect(choice?.subprotocol == nil)
        #expect(choice?.language.name == .plain)
    }
}
