import Foundation
import Instruments
import Notation
import TestKit
import Testing

@testable import Observability

@Suite struct LogFormatTests {
    private let opened = LogRecord(
        event: "connection.opened",
        level: .info,
        message: "A client connected.",
        values: [
            (.source, .integer(-101)), (.remoteAddress, .text("[::1]:51234")), (.userId, .text("alice b")),
            (.connectionId, .text("01KACME0000000000000000000")), (.loops, .flag(true)),
        ]
    )

    @Test func `a JSON line has its keys in one order, whatever the order of the values`() {
        #expect(
            line(.json, self.opened) == """
                {"timestamp":"2026-11-21T09:30:05.020Z","level":"info","event":"connection.opened",\
                "message":"A client connected.","instance":"gw-0","connectionId":"01KACME0000000000000000000",\
                "userId":"alice b","remoteAddress":"[::1]:51234","loops":true,"source":-101}

                """
        )
    }

    @Test func `a line for people shows the same`() {
        #expect(
            line(.human, self.opened) == """
                09:30:05.020 info    connection.opened       A client connected. \
                connectionId=01KACME0000000000000000000 userId="alice b" remoteAddress=[::1]:51234 loops=true source=-101

                """
        )
    }

    @Test func `a field given twice stands there once, with its first value`() throws {
        let twice = LogRecord(
            event: "a.b",
            level: .error,
            message: "M.",
            values: [(.room, .text("one")), (.count, .integer(1)), (.room, .text("two"))]
        )
        #expect(line(.json, twice).hasSuffix(#""room":"one","count":1}"# + "\n"))
    }

    @Test(arguments: [
        ("\"\\/", #"\"\\/"#), ("\n\r\t", #"\n\r\t"#), ("\u{0}\u{1B}[31m\u{7F}", #"\u0000\u001b[31m\u007f"#),
        ("\u{85}\u{9B}", #"\u0085\u009b"#), ("ünï 👩‍👩‍👧 \u{10FFFF}\u{A0}", "ünï 👩‍👩‍👧 \u{10FFFF}\u{A0}"),
    ])
    func `what could break a line or steer a terminal is escaped`(value: String, escaped: String) {
        let record = LogRecord(event: "a.b", level: .info, message: value, values: [(.error, .text(value))])
        let json = line(.json, record)
        #expect(json.contains(#""message":"\#(escaped)","instance":"gw-0","error":"\#(escaped)"}"#))
        #expect(line(.human, record).dropLast().allSatisfy { !$0.isNewline && $0 != "\u{1B}" && $0 != "\u{9B}" })
    }

    @Test(arguments: [("a", 1024), ("ü", 1024), ("€", 1023), ("👩", 1024)])
    func `a long text is cut between two characters`(letter: String, bytes: Int) throws {
        let long = String(repeating: letter, count: 100_000)
        let record = LogRecord(event: "a.b", level: .info, message: "M.", values: [(.error, .text(long))])
        for format in LogFormat.allCases {
            let cut = String(repeating: letter, count: bytes / letter.utf8.count) + "…"
            #expect(line(format, record).contains(cut))
            #expect(!line(format, record).contains(letter + cut))
        }
    }

    @Test func `a number with a fraction stands there as a number`() {
        let record = LogRecord(event: "a.b", level: .info, message: "M.", values: [(.rttMs, .decimal(0.042))])
        #expect(line(.json, record).hasSuffix(#","rttMs":0.042}"# + "\n"))
        #expect(line(.human, record).hasSuffix(" rttMs=0.042\n"))
    }

    @Test(arguments: LogFormat.allCases)
    func `any bytes make one line, and in JSON one that says the same`(format: LogFormat) throws {
        var generator = SeededGenerator()
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0x22
            }
            let value = String(decoding: bytes, as: UTF8.self)
            let record = LogRecord(event: value, level: .debug, message: value, values: [(.reason, .text(value))])
            let line = line(format, record)
            #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1, "\(bytes)")
            guard format == .json else { continue }
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            #expect(object["reason"].map { Array($0.utf8) } == Array(value.utf8), "\(bytes)")
            #expect(object["event"].map { Array($0.utf8) } == Array(value.utf8), "\(bytes)")
        }
    }

    @Test(arguments: [
        ("", #"reason="""#), ("a=b", #"reason="a=b""#), ("a b", #"reason="a b""#), ("a\\b", #"reason="a\\b""#),
        ("kaputt!", "reason=kaputt!"),
    ])
    func `for people a value has quotes where its end could not be seen`(value: String, expected: String) {
        let record = LogRecord(event: "a.b", level: .info, message: "M.", values: [(.reason, .text(value))])
        #expect(line(.human, record).hasSuffix("M. \(expected)\n"))
    }

    private func line(_ format: LogFormat, _ record: LogRecord) -> String {
        var text: [UInt8] = []
        let time = Timestamp(milliseconds: 1_795_253_405_020)
        format.append(record, at: time, instance: "gw-0", to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
