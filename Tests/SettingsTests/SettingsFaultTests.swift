import Testing

@testable import Settings

@Suite struct SettingsFaultTests {
    private func read(
        set assignments: [String] = [],
        flags: [SettingsFlag] = [],
        environment: [String: String] = [:],
        file: String = ""
    ) -> (settings: SampleSettings, reader: SettingsReader) {
        var reader = SettingsReader(
            flags: flags + assignments.map { SettingsFlag(set: $0) },
            environment: environment,
            text: file
        )
        let settings = SampleSettings(from: &reader)
        return (settings, reader)
    }

    private func faults(
        set assignments: [String] = [],
        environment: [String: String] = [:],
        file: String = ""
    ) -> [String] {
        self.read(set: assignments, environment: environment, file: file).reader.faults.map(\.description)
    }

    @Test func `a wrong value is a fault even where a right one is below`() {
        #expect(
            self.faults(set: ["public.port=x"], file: "public.port: 1") == [
                #"--set: public.port = "x": is not a whole number; write it in digits"#
            ]
        )
    }

    @Test func `all faults come at once`() {
        let faults = self.faults(
            set: ["public.prot=1", "nonsense", "queue.bytes=10MB", "redis.prefix=a", "redis.prefix=b"],
            environment: ["ATALAYA_HEARTBEAT_INTERVAL": "0s", "ATALAYA_COMPRESSION_ENABLED": "yes"],
            file: """
                public:
                  port: 80800
                  prot: 3
                queue:
                  policy: dropnewest
                  age: 25
                queue.age: 26
                limits.connections: many
                limits: 5
                engine:
                  loops: [1, 2]
                cluster.name: ""
                heartbeat: {interval: {seconds: 5}}
                """
        )
        #expect(
            faults == [
                "--set: nonsense: is not key=value; write it as --set heartbeat.interval=25s",
                "--set: redis.prefix: is given twice, first by --set; give it only once",
                "atalaya.yaml:7: queue.age: is given twice, first by atalaya.yaml:6; give it only once",
                #"--set: public.prot = "1": unknown key; did you mean public.port?"#,
                #"atalaya.yaml:3: public.prot = "3": unknown key; did you mean public.port?"#,
                "atalaya.yaml:9: limits: is a group of keys; set one of them, such as limits.connections",
                "atalaya.yaml:13: heartbeat.interval.seconds: unknown key; heartbeat.interval takes a value, not a group of keys",
                #"atalaya.yaml:2: public.port = "80800": is too large; it must be at most 65535"#,
                "atalaya.yaml:11: engine.loops: is a list; give one value",
                #"ATALAYA_HEARTBEAT_INTERVAL: heartbeat.interval = "0s": is too small; it must be at least 1s"#,
                #"atalaya.yaml:6: queue.age = "25": is not a duration; write it as 250ms, 25s, 2m or 1h"#,
                #"--set: queue.bytes = "10MB": is not a size; write it as 64KiB, 1MiB or a number of bytes"#,
                #"atalaya.yaml:5: queue.policy = "dropnewest": must be close or dropNewest; did you mean dropNewest?"#,
                #"atalaya.yaml:8: limits.connections = "many": is not a whole number; write it in digits"#,
                #"ATALAYA_COMPRESSION_ENABLED: compression.enabled = "yes": is not a bool; write it as true or false"#,
                #"atalaya.yaml:12: cluster.name = "": is empty; give it a value or leave the key out"#,
            ]
        )
    }

    @Test(arguments: [
        ("public.port=-1", "is too small; it must be at least 0"),
        ("public.port=65536", "is too large; it must be at most 65535"),
        ("public.port=99999999999999999999999", "is too large; it must be at most 65535"),
        ("public.port=-99999999999999999999999", "is too small; it must be at least 0"),
        ("engine.loops=99999999999999999999999", "is too large; it must be at most 9223372036854775806"),
        ("public.port=8080.0", "is not a whole number; write it in digits"),
        ("public.port=0x50", "is not a whole number; write it in digits"),
        ("public.port=", "is not a whole number; write it in digits"),
        ("queue.bytes=1023", "is too small; it must be at least 1KiB"),
        ("queue.bytes=-1MiB", "is too small; it must be at least 1KiB"),
        ("queue.bytes=9999999TiB", "is too large; it must be at most 9223372036854775806"),
        ("queue.age=-1s", "is too small; it must be at least 0s"),
        ("queue.age=61m", "is too large; it must be at most 1h"),
        ("heartbeat.interval=999999999999999h", "is too large; it must be at most 8784h"),
        ("heartbeat.interval=99999999999999999999999h", "is too large; it must be at most 8784h"),
        ("queue.policy=drop", "must be close or dropNewest"),
        ("queue.policy=", "must be close or dropNewest"),
        ("public.host=localhost", "is not an IP address; write it as 127.0.0.1, 0.0.0.0, ::1 or ::"),
        ("redis.url=http://h", "is not a URL of redis:// or rediss://; write it as redis://host:port"),
        ("redis.url=", "is empty; give it a value or leave the key out"),
        ("redis.url=h:6379", "is not a URL; write it as redis://host:port"),
    ])
    func `a wrong value says what would be right`(assignment: String, problem: String) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(self.faults(set: [assignment]) == ["--set: \(parts[0]) = \"\(parts[1])\": \(problem)"])
    }

    @Test func `of a list each wrong entry is a fault`() {
        let remedy =
            "is not an address or CIDR; write it as 10.1.2.3, 10.0.0.0/8 or fd00::/8, with no bits set after the prefix"
        #expect(
            self.faults(set: ["public.trustedProxies=10.0.0.0/8,x,10.0.0.1/8"]) == [
                #"--set: public.trustedProxies = "x": \#(remedy)"#,
                #"--set: public.trustedProxies = "10.0.0.1/8": \#(remedy)"#,
            ]
        )
        #expect(
            self.faults(set: ["public.origins=a,,b"]) == [
                #"--set: public.origins = "": is empty; give it a value or leave the key out"#
            ]
        )
    }

    @Test func `a fault keeps to one line, whatever was written`() {
        let faults = self.faults(set: ["public.port=a\nb\u{1B}[31m\u{2028}" + String(repeating: "x", count: 500)])
        #expect(faults.count == 1)
        #expect(faults.allSatisfy { line in !line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 } })
        #expect(faults.allSatisfy { $0.count < 300 && $0.contains(#"a\nb\u001b[31m\u2028x"#) })
    }

    @Test func `what does not go together is said by who reads it`() {
        var reader = SettingsReader(flags: [SettingsFlag(set: "queue.age=20s")], environment: [:], file: nil)
        _ = SampleSettings(from: &reader)
        reader.refuse("queue.age", "must be less than heartbeat.interval")
        reader.refuse("heartbeat.interval", "must be more than queue.age")
        reader.refuse("auth.mode", "must be anonymous")
        #expect(
            reader.faults.map(\.description) == [
                #"--set: queue.age = "20s": must be less than heartbeat.interval"#,
                #"heartbeat.interval = "25s": must be more than queue.age"#,
                "auth.mode: must be anonymous",
            ]
        )
    }

    @Test func `a key that nobody reads yet is unknown`() {
        #expect(
            self.faults(set: ["nats.url=nats://h"]) == [
                "--set: nats.url: unknown key; `atalaya config reference` lists all"
            ]
        )
    }

    @Test func `a key with an empty part is unknown, beside the one it looks like`() {
        let faults = self.faults(set: ["public..port=1", "public.port=2", ".public.port=3", "public.port.=4"])
        #expect(faults.count == 3)
        #expect(faults.allSatisfy { $0.contains("did you mean public.port?") || $0.contains("takes a value") })
    }

    @Test func `a key is read in one place`() async {
        await #expect(processExitsWith: .failure) {
            var reader = SettingsReader()
            _ = reader.bool("a.b", default: true, "One.")
            _ = reader.bool("a.b", default: true, "One.")
        }
    }

    // MARK: - Secrets

    @Test func `no listing, fault or warning shows a secret`() {
        let (settings, reader) = self.read(
            set: [
                "management.token=hunter2", "management.tokne=hunter2", "hunter.password=hunter2",
                "auth.jwt.secrets=hunter2",
                "auth.jwt.secret hunter2", "redis.url=http://u:hunter2@h", "redis=hunter2", "redis.prefxi=hunter2",
            ],
            environment: ["ATALAYA_AUTH_JWT_SECRET": "a,hunter2,", "ATALAYA_MANAGEMENT_TOKN": "hunter2"],
            file: "redis.url: redis://:hunter2@h\npublic.port: {hunter: hunter2}\ncluster.name: user@hunter2"
        )
        #expect(settings.token?.revealed == "hunter2")
        #expect(!reader.faults.isEmpty)
        let texts =
            reader.faults.map(\.description) + reader.warnings.map(\.description)
            + [reader.effectiveConfiguration.replacing("user@hunter2", with: ""), reader.reference]
        for text in texts {
            #expect(!text.contains("hunter2"))
        }
        #expect(
            texts.contains(
                "--set: redis.url = <redacted>: is not a URL of redis:// or rediss://; write it as redis://host:port"
            )
        )
        #expect(
            texts.contains(
                "ATALAYA_AUTH_JWT_SECRET: auth.jwt.secret = <redacted>: is empty; give it a value or leave the key out"
            )
        )
    }

    @Test(arguments: ["hunter2\n", "hunter2\r\n", "hun\tter2", "hunter2\u{7F}", "hunter2\u{85}", "\u{0}"])
    func `a secret with a control character is refused, since nobody can bring it`(secret: String) {
        #expect(
            self.faults(environment: ["ATALAYA_MANAGEMENT_TOKEN": secret]) == [
                "ATALAYA_MANAGEMENT_TOKEN: management.token = <redacted>: contains a control character, such as a line feed "
                    + "at its end; remove it"
            ]
        )
    }

    @Test func `a secret that could be guessed is refused where that is asked for`() {
        for (secret, isRight) in [
            ("123456789012345", false), ("1234567890123456", true), ("ü\(String(repeating: "x", count: 14))", true),
        ] {
            var reader = SettingsReader(flags: [SettingsFlag(set: "a.b=\(secret)")], environment: [:], file: nil)
            let read = reader.secret("a.b", atLeastBytes: 16, "What is signed with.")
            #expect((read?.revealed == secret) == isRight)
            #expect(
                reader.faults.map(\.description)
                    == (isRight ? [] : ["--set: a.b = <redacted>: is too short; it must have at least 16 bytes"])
            )
            #expect(reader.reference.contains("| secret: at least 16 bytes |"))
        }
    }

    @Test func `a token that is set but empty is refused, since it would let everybody in`() {
        #expect(
            self.faults(environment: ["ATALAYA_MANAGEMENT_TOKEN": ""]) == [
                "ATALAYA_MANAGEMENT_TOKEN: management.token = <redacted>: is empty; give it a value or leave the key out"
            ]
        )
    }
}
