import Notation
import Testing

@testable import Settings

@Suite struct SettingsReaderTests {
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

    // MARK: - Values

    @Test func `without any source everything is its default`() {
        var reader = SettingsReader()
        let settings = SampleSettings(from: &reader)
        #expect(reader.faults.isEmpty)
        #expect(reader.warnings.isEmpty)
        #expect(settings.host == nil)
        #expect(settings.port == 8080)
        #expect(settings.origins.isEmpty)
        #expect(settings.token == nil)
        #expect(settings.redis == nil)
        #expect(settings.interval == .seconds(25))
        #expect(settings.policy == .close)
        #expect(settings.connections == nil)
        #expect(!settings.isCompressed)
        #expect(reader.effectiveSettings.allSatisfy { $0.origin == .default })
    }

    @Test func `every kind is read from the file`() {
        let (settings, reader) = self.read(
            file: """
                public:
                  host: "::"
                  port: 0
                  origins:
                    - https://a.example
                    - b,c
                  trustedProxies: [10.0.0.0/8, "::1"]
                management.token: t0ken
                engine.loops: "3"
                redis: {url: "redis://:pw@h:1/2", prefix: ''}
                heartbeat.interval: 1500ms
                queue:
                  age: 0
                  bytes: 64KiB
                  policy: dropNewest
                limits.connections: 5
                compression.enabled: true
                cluster.name: east
                auth.jwt.secret: [a, b]
                """
        )
        #expect(reader.faults.isEmpty)
        #expect(settings.host == IPAddress("::"))
        #expect(settings.port == 0)
        #expect(settings.origins == ["https://a.example", "b,c"])
        #expect(settings.proxies.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(settings.token?.revealed == "t0ken")
        #expect(settings.loops == 3)
        #expect(settings.redis?.password?.revealed == "pw")
        #expect(settings.prefix == "")
        #expect(settings.interval == .milliseconds(1500))
        #expect(settings.age == .zero)
        #expect(settings.bytes == 65536)
        #expect(settings.policy == .dropNewest)
        #expect(settings.connections == 5)
        #expect(settings.isCompressed)
        #expect(settings.name == "east")
        #expect(settings.keys.map(\.revealed) == ["a", "b"])
        #expect(origin(of: "public.port", in: reader) != .default)
    }

    @Test func `on the command line and in the environment a list has commas`() {
        let (settings, reader) = self.read(
            set: ["public.origins=a, b ,c"],
            environment: ["ATALAYA_PUBLIC_TRUSTED_PROXIES": "10.0.0.0/8,::1", "ATALAYA_AUTH_JWT_SECRET": "x,y"],
            file: "public.origins: [d]"
        )
        #expect(reader.faults.isEmpty)
        #expect(settings.origins == ["a", "b", "c"])
        #expect(settings.proxies.count == 2)
        #expect(settings.keys.map(\.revealed) == ["x", "y"])
    }

    private func origin(of key: String, in reader: SettingsReader) -> SettingsOrigin? {
        reader.effectiveSettings.first { $0.declaration.key == key }?.origin
    }

    @Test func `an empty text is an empty list, also over a longer one below`() {
        let (settings, reader) = self.read(set: ["public.origins="], file: "public.origins: [d]")
        #expect(settings.origins.isEmpty)
        #expect(reader.faults.isEmpty)
        #expect(origin(of: "public.origins", in: reader) != .default)
    }

    @Test func `a value in the file that is a text may hold commas, equals signs and colons`() {
        let (settings, reader) = self.read(set: ["redis.prefix=a=b,c:"])
        #expect(settings.prefix == "a=b,c:")
        #expect(reader.faults.isEmpty)
    }

    // MARK: - Precedence

    @Test func `a flag is before the environment, that before the file, that before the default`() {
        let file = "public.port: 3"
        let environment = ["ATALAYA_PUBLIC_PORT": "2"]
        let flag = SettingsFlag("--port", key: "public.port", value: "1")
        func port(_ flags: [SettingsFlag], _ environment: [String: String], _ file: String) -> (Int, String?) {
            let (settings, reader) = self.read(flags: flags, environment: environment, file: file)
            let setting = reader.effectiveSettings.first { $0.declaration.key == "public.port" }
            return (settings.port, setting?.origin.description)
        }
        #expect(port([flag], environment, file) == (1, "--port"))
        #expect(port([], environment, file) == (2, "ATALAYA_PUBLIC_PORT"))
        #expect(port([], [:], file) == (3, "atalaya.yaml:1"))
        #expect(port([], [:], "") == (8080, "default"))
        #expect(port([], [:], "public.port:") == (8080, "default"))
    }

    // MARK: - Environment

    @Test(arguments: [
        ("redis.url", "ATALAYA_REDIS_URL"), ("limits.messageBytes", "ATALAYA_LIMITS_MESSAGE_BYTES"),
        ("auth.jwt.jwksURL", "ATALAYA_AUTH_JWT_JWKS_URL"),
        ("management.tls.clientCA", "ATALAYA_MANAGEMENT_TLS_CLIENT_CA"),
        ("limits.connectionsPerUserPolicy", "ATALAYA_LIMITS_CONNECTIONS_PER_USER_POLICY"),
        ("metrics.seriesBudget.newPerHour", "ATALAYA_METRICS_SERIES_BUDGET_NEW_PER_HOUR"),
    ])
    func `the environment name follows from the key`(key: String, name: String) {
        #expect(SettingsSources.environmentName(of: key) == name)
    }

    @Test func `an unknown variable is a warning`() {
        let reader = self.read(
            environment: [
                "ATALAYA_REDIS_URI": "redis://:hunter2@h", "ATALAYA_QUEUE_BYTE": "1", "ATALAYA_WHATEVER": "1",
                "PATH": "/",
                "ATALAYAN": "1", "OTEL_SERVICE_NAME": "x",
            ]
        ).reader
        #expect(reader.faults.isEmpty)
        #expect(
            reader.warnings.map(\.description) == [
                "ATALAYA_QUEUE_BYTE: unknown variable, ignored; did you mean ATALAYA_QUEUE_BYTES?",
                "ATALAYA_REDIS_URI: unknown variable, ignored; did you mean ATALAYA_REDIS_URL?",
                "ATALAYA_WHATEVER: unknown variable, ignored",
            ]
        )
    }

    @Test func `what Kubernetes injects is ignored, also where it has the name of a key`() {
        let (settings, reader) = self.read(environment: InjectedVariableTests.injected, file: "public.port: 81")
        #expect(settings.port == 81)
        #expect(reader.faults.isEmpty)
        #expect(reader.warnings.isEmpty)
    }
}
