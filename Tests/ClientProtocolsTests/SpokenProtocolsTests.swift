import ClientProtocols
import JSONText
import Messaging
import Testing

/// Contract section 4, "The same message in every protocol": payload, what native members see as `data`, what plain
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
        let text = appended { Native.encode(message, into: &$0) }
        #expect(text.hasSuffix(#""ts":1700000000123,"data":\#(native)}"#))
        #expect(appended { Plain.encode(message, into: &$0) } == plain)
        #expect(Plain.isSentAsIs(message) == (payload == plain))
        #expect(Plain.isText(message) == (kind != .binary))
    }

    @Test func `text that is nested too deep to be checked is a string`() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(appended { Native.encode(Examples.message(.text, deep), into: &$0) }.hasSuffix(#""data":"\#(deep)"}"#))
    }

    @Test func `declared JSON that is none after all is passed on as it is`() {
        let message = Examples.message(.json, #""never ends"#)
        #expect(appended { Plain.encode(message, into: &$0) } == #""never ends"#)
    }

    /// What every language has to keep to; a new one is in `SpokenProtocols.all` and so in here.
    @Test(arguments: SpokenProtocols.all)
    func `every language keeps to the seam`(language: any ClientProtocol.Type) throws {
        for (kind, payload, _, _) in payloads {
            let message = Examples.message(kind, payload)
            let text = appended { language.encode(message, into: &$0) }
            #expect(appended { language.encode(message, into: &$0) } == text, "the same every time")
            if language.isSentAsIs(message) { #expect(text == payload) }
            if language.name == .native {
                #expect(throws: Never.self) { try JSONScanner.scan(Array(text.utf8).span) }
            }
        }
        var bytes: [UInt8] = []
        #expect(language.encode(.pong(nil), into: &bytes) == !bytes.isEmpty)
        #expect(!language.subprotocols.isEmpty)
    }

    @Test func `names, lanes and subprotocols are each of one language`() {
        #expect(Set(SpokenProtocols.all.map { $0.name }) == Set(ProtocolName.allCases))
        #expect(SpokenProtocols.all.count == ProtocolName.allCases.count)
        let subprotocols = SpokenProtocols.all.flatMap { $0.subprotocols }
        #expect(Set(subprotocols).count == subprotocols.count)
    }

    @Test(
        arguments: [
            (["atalaya.v1.json"], "atalaya.v1.json"), (["atalaya.v1.plain", "atalaya.v1.json"], "atalaya.v1.plain"),
            (["x", "atalaya.v1.json", "atalaya.v1.plain"], "atalaya.v1.json"),
            (["bearer.abc", "atalaya.v1.json"], "atalaya.v1.json"), (["bearer.atalaya.v1.json"], nil), ([], nil),
            (["v12.stomp", "ATALAYA.V1.JSON"], nil),
        ] as [([String], String?)]
    )
    func `the first offer that is spoken is chosen`(offers: [String], chosen: String?) {
        let choice = SpokenProtocols.choose(of: offers)
        #expect(choice?.subprotocol == chosen)
        if let choice { #expect(choice.language.subprotocols.contains(choice.subprotocol)) }
    }
}
