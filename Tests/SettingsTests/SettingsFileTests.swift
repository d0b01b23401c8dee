import Foundation
import TestKit
import Testing

@testable import Settings

@Suite struct SettingsFileTests {
    private func file(_ text: String) -> SettingsFile {
        SettingsFile(path: "a.yaml", text: text)
    }

    private func faults(_ text: String) -> [String] {
        self.file(text).faults.map(\.description)
    }

    @Test func `nested and dotted keys are the same, and know their lines`() {
        let file = self.file(
            """
            # a comment
            public:
              port: 8081
              origins: [a, "b,c"]
            heartbeat.interval: 25s
            limits: {messageBytes: 1MiB}
            metrics.seriesBudget:
              users: 10
            """
        )
        #expect(file.faults.isEmpty)
        #expect(
            file.entries.map(\.key) == [
                "public.port", "public.origins", "heartbeat.interval", "limits.messageBytes",
                "metrics.seriesBudget.users",
            ]
        )
        #expect(file["public.port"]?.content == .scalar("8081"))
        #expect(file["public.port"]?.origin == .file(path: "a.yaml", line: 3))
        #expect(file["public.origins"]?.content == .list(["a", "b,c"]))
        #expect(file["metrics.seriesBudget.users"]?.origin == .file(path: "a.yaml", line: 8))
        #expect(file["nowhere"] == nil)
    }

    @Test(arguments: [
        "", "\n", "# only a comment\n", "---\n", "---\n...\n", "null\n", "{}\n", "\u{FEFF}# bom\n", "public:\n",
    ])
    func `a file that says nothing is right`(text: String) {
        #expect(self.faults(text).isEmpty)
    }

    @Test(arguments: ["port:", "port: null", "port: ~"])
    func `a key without a value is not set`(text: String) {
        #expect(self.file(text)["port"]?.content == .nothing)
    }

    @Test func `a quoted nothing is an empty text`() {
        #expect(self.file("redis.prefix: ''")["redis.prefix"]?.content == .scalar(""))
        #expect(self.file("redis.prefix: 'null'")["redis.prefix"]?.content == .scalar("null"))
    }

    @Test func `a key that is written in two ways is a fault, and the rest is read`() {
        let file = self.file(
            """
            public:
              port: 1
              host: ::1
            queue: {age: 1s}
            queue.bytes: 5
            public.port: 4
            public.host: ::2
            """
        )
        #expect(
            file.faults.map(\.description) == [
                "a.yaml:6: public.port: is given twice, first by a.yaml:2; give it only once",
                "a.yaml:7: public.host: is given twice, first by a.yaml:3; give it only once",
            ]
        )
        #expect(file["public.port"]?.content == .scalar("1"))
        #expect(file["queue.bytes"]?.content == .scalar("5"))
    }

    @Test(arguments: [
        ("a: 1\nport: 1\n\n# again\nport: 2\n", "port", 2), ("public:\n  host: ::1\n  \"host\": ::2\n", "host", 2),
        ("queue:\n  age: 1s\npublic:\n  port: 1\nqueue:\n  bytes: 1\n", "queue", 1),
        ("queue: {age: 1s, age: 2s}", "age", 1),
    ])
    func `a key that stands twice in one group is a fault that ends the reading`(text: String, key: String, line: Int) {
        let file = self.file(text)
        #expect(
            file.faults.map(\.description) == [
                "a.yaml: \(key): is given twice, first by a.yaml:\(line); give it only once"
            ]
        )
        #expect(file.entries.isEmpty)
    }

    @Test(arguments: [
        ("public:\n\tport: 1", 2), ("a: [1, 2", 1), ("a: 'x", 1), ("a: b: c", 1), ("- a\n- b", 1), ("just text", 1),
        ("a: 1\n---\nb: 2", 2), ("? {a: 1}\n: 2", 1), ("a: *nobody", 1), ("a:\n  - b: 1", 1), ("a: [[1]]", 1),
        ("'': 1", 1),
        ("%YAML 9.9\n---\na: 1", 1), ("a: \"\\q\"", 1),
    ])
    func `what is not YAML of keys and values is one fault with its line`(text: String, line: Int) throws {
        let faults = self.file(text).faults
        #expect(faults.count == 1)
        guard case .file(path: "a.yaml", let reported)? = faults.first?.origin else {
            Issue.record("\(faults)")
            return
        }
        #expect(abs(reported - line) <= 1, "\(faults)")
        #expect(faults.first?.description.contains("\n") == false)
        #expect(faults.first?.description.contains("is not valid YAML") == true)
    }

    @Test func `deep nesting, aliases of aliases and endless brackets are refused in bounded time`() {
        let deep =
            (0..<100).map { String(repeating: " ", count: $0) + "a:\n" }.joined() + String(repeating: " ", count: 100)
            + "b: 1"
        #expect(self.faults(deep).count == 1)
        let laughs = (1..<20).map {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]"
        }
        #expect(!self.faults("a0: &a0 x\n" + laughs.joined(separator: "\n")).isEmpty)
        let groups = (1..<20).map { index in
            "a\(index): &a\(index) {" + (0..<9).map { "k\($0): *a\(index - 1)" }.joined(separator: ", ") + "}"
        }
        #expect(!self.faults("a0: &a0 {x: 1}\n" + groups.joined(separator: "\n")).isEmpty)
        #expect(self.faults(String(repeating: "[", count: 100_000)).count == 1)
        #expect(self.faults(String(repeating: "a: {", count: 100_000)).count == 1)
    }

    @Test func `cut and mutated files never end the process`() {
        var random = SeededGenerator()
        let whole = Array(
            "public:\n  port: 8081\n  origins: [a, \"b,c\"]\nheartbeat.interval: 25s\nlimits: {x: &a 1, y: *a}\n".utf8
        )
        for _ in 0..<2000 {
            var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...127, using: &random)
            }
            let file = self.file(String(decoding: bytes, as: UTF8.self))
            #expect(file.faults.allSatisfy { !$0.description.contains("\n") })
        }
    }

    @Test func `a file that cannot be read says why`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.yaml")
        #expect(SettingsFile(path: path).faults.map(\.description) == ["\(path): cannot be read: it does not exist"])
        #expect(
            SettingsFile(path: folder.path).faults.map(\.description) == [
                "\(folder.path): cannot be read: it is no readable file"
            ]
        )
        try folder.write(Data([0x61, 0x3A, 0x20, 0xFF]), to: "a.yaml")
        #expect(SettingsFile(path: path).faults.map(\.description) == ["\(path): is not valid YAML: it is not UTF-8"])
        try folder.write(Data(repeating: 0x23, count: (1 << 20) + 1), to: "a.yaml")
        #expect(
            SettingsFile(path: path).faults.map(\.description) == ["\(path): cannot be read: it is larger than 1MiB"]
        )
        try folder.write("public.port: 1", to: "a.yaml")
        #expect(SettingsFile(path: path)["public.port"]?.content == .scalar("1"))
    }
}
