import Testing

@testable import Settings

@Suite struct InjectedVariableTests {
    /// What a pod sees of a Service `atalaya` with two named ports, and of one called `atalaya-public`.
    static let injected: [String: String] = [
        "ATALAYA_SERVICE_HOST": "10.96.0.10",
        "ATALAYA_SERVICE_PORT": "8080",
        "ATALAYA_SERVICE_PORT_HTTP": "8080",
        "ATALAYA_SERVICE_PORT_MANAGEMENT": "9090",
        "ATALAYA_PORT": "tcp://10.96.0.10:8080",
        "ATALAYA_PORT_8080_TCP": "tcp://10.96.0.10:8080",
        "ATALAYA_PORT_8080_TCP_PROTO": "tcp",
        "ATALAYA_PORT_8080_TCP_PORT": "8080",
        "ATALAYA_PORT_8080_TCP_ADDR": "10.96.0.10",
        "ATALAYA_PORT_9090_TCP": "tcp://10.96.0.10:9090",
        "ATALAYA_PUBLIC_SERVICE_HOST": "10.96.0.11",
        "ATALAYA_PUBLIC_SERVICE_PORT": "8080",
        "ATALAYA_PUBLIC_PORT": "tcp://10.96.0.11:8080",
        "ATALAYA_PUBLIC_PORT_8080_TCP": "tcp://10.96.0.11:8080",
        "ATALAYA_PUBLIC_PORT_8080_TCP_ADDR": "10.96.0.11",
        "ATALAYA_MANAGEMENT_PORT": "tcp://10.96.0.12:9090",
        "ATALAYA_REDIS_PORT_6379_TCP_PORT": "6379",
        "ATALAYA_DNS_PORT": "udp://10.96.0.13:53",
        "ATALAYA_DNS_PORT_53_UDP": "udp://10.96.0.13:53",
    ]

    @Test(arguments: Self.injected.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    func `what Kubernetes injects is known`(name: String, value: String) {
        #expect(InjectedVariable.matches(name: name, value: value))
    }

    @Test(arguments: [
        ("ATALAYA_PUBLIC_PORT", "8080"), ("ATALAYA_PUBLIC_PORT", "tcp"), ("ATALAYA_REDIS_URL", "tcp://10.0.0.1:6379"),
        ("ATALAYA_PORT_TCP", "1"), ("ATALAYA_PORT_X_TCP", "1"), ("ATALAYA_SUPPORT_1_TCP", "1"),
        ("ATALAYA_SERVICE", "x"),
        ("ATALAYA_REDIS_PORT_6379", "x"),
    ])
    func `what an operator sets is not taken for it`(name: String, value: String) {
        #expect(!InjectedVariable.matches(name: name, value: value))
    }
}
