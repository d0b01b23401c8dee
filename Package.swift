// swift-tools-version: 6.2
import PackageDescription

// One row a target: what it may import of ours, and from outside. The order is the architecture: imports point down.
// `make lint` holds every file's imports to its row.

/// What a target is made of, beside its name.
struct Row {
    let name: String
    var ours: [String] = []
    var outside: [Target.Dependency] = []
    var settings: [SwiftSetting] = []
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let spans = SwiftSetting.enableExperimentalFeature("Lifetimes")
let facesC = SwiftSetting.enableExperimentalFeature("SafeInteropWrappers")
/// Byte loops are 25 times slower unoptimised, and every test goes through them, as through the toy cipher of TestKit.
let optimisedInDebug = SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))

let rows: [Row] = [
    Row(
        name: "Gateway",
        ours: [
            "CBuild", "ClientProtocols", "HTTP", "HTTPServer", "Instruments", "Management", "Messaging", "Notation",
            "Observability", "Reactor", "RedisBroker", "Rooms", "Sessions", "Settings", "Transport",
        ],
        outside: [unixSignals]
    ),
    Row(
        name: "Management",
        ours: [
            "ByteKernels", "Compression", "Crypto", "HTTP", "HTTPServer", "Instruments", "JSONText", "Messaging",
            "Notation", "Observability", "Reactor", "Rooms", "Sessions", "Settings",
        ]
    ),
    Row(name: "Observability", ours: ["Instruments", "Notation", "Settings"]),
    Row(
        name: "Clients",
        ours: [
            "ByteKernels", "ClientProtocols", "HTTP", "Instruments", "JSONText", "Messaging", "Reactor", "WebSocket",
        ],
        outside: [deque]
    ),
    Row(
        name: "Transport",
        ours: [
            "ByteKernels", "ClientProtocols", "HTTP", "HTTPServer", "Instruments", "Messaging", "Reactor", "Rooms",
            "Sessions", "Settings", "WebSocket",
        ]
    ),
    Row(name: "HTTPServer", ours: ["HTTP", "Instruments", "Reactor", "Settings"], settings: [spans]),
    Row(
        name: "ClientProtocols",
        ours: ["ByteKernels", "Instruments", "JSONText", "Messaging", "Notation"],
        settings: [spans]
    ),
    Row(
        name: "Sessions",
        ours: ["Crypto", "Instruments", "Messaging", "Reactor", "Rooms", "Settings"],
        outside: [deque]
    ),
    Row(name: "Rooms", ours: ["Instruments", "Messaging", "Reactor"], outside: [deque]),
    Row(
        name: "RedisBroker",
        ours: ["CHiredis", "Instruments", "JSONText", "Messaging", "Reactor", "Settings"],
        outside: [deque],
        settings: [spans, facesC]
    ),
    Row(name: "Messaging", ours: ["Crypto", "Instruments", "Notation"], outside: [deque], settings: [spans]),
    Row(name: "HTTP", ours: ["ByteKernels", "Notation"], settings: [spans]),
    Row(name: "WebSocket", ours: ["ByteKernels", "Crypto", "HTTP"], settings: [spans]),
    Row(name: "JSONText", ours: ["ByteKernels", "Notation"], settings: [spans]),
    Row(name: "ByteKernels", settings: [spans, optimisedInDebug]),
    Row(name: "HTTPClient", ours: ["CCurl", "Instruments", "Notation"], settings: [spans, facesC]),
    Row(name: "Settings", ours: ["Notation"], outside: [configuration, yams]),
    Row(name: "Crypto", ours: ["ByteKernels", "COpenSSL"], settings: [spans, facesC]),
    Row(name: "Compression", ours: ["CZlib"], settings: [spans, facesC]),
    Row(name: "Reactor", ours: ["CLinux", "Instruments", "Notation"], outside: [heap], settings: [spans, facesC]),
    Row(name: "Instruments"),
    // How dates, addresses, quoted texts and names are written: pure functions that layers with nothing else in common
    // need alike, as HTTP and the log the calendar, settings and client protocols did-you-mean.
    Row(name: "Notation"),
]

/// Targets with tests of their own folder in `Tests`; each may use whatever its target uses, and `TestKit` where named.
let tested = [
    "Atalaya", "ByteKernels", "ClientProtocols", "Clients", "Compression", "Crypto", "HTTP", "HTTPClient",
    "HTTPServer", "Instruments", "JSONText", "Management", "Messaging", "Notation", "Observability", "Reactor",
    "RedisBroker", "Rooms", "Sessions", "Settings", "Transport", "WebSocket",
]
let walls = ["CBuild", "CCurl", "CHiredis", "CLinux", "COpenSSL", "CZlib"]
let ofOurs = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.ours) })

/// The commit for `build_info`, as `make run` and a container's build say it: letters, digits, `-`.
///
/// Only `CBuild` is compiled anew when it changes.
let commit = Context.environment["ATALAYA_COMMIT"].flatMap { text in
    text.isEmpty || text.contains { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")) } ? nil : text
}

let package = Package(
    name: "atalaya",
    products: [.executable(name: "atalaya", targets: ["Atalaya"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: ["YAML", "CommandLineArguments"]
        ),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: rows.map { row in
        .target(
            name: row.name,
            dependencies: row.ours.map { .byName(name: $0) } + row.outside,
            swiftSettings: strict + row.settings
        )
    } + [
        .executableTarget(
            name: "Atalaya",
            dependencies: ["Gateway", "HTTPClient", "Management", "Notation", "Settings", argumentParser],
            swiftSettings: strict
        ),
        .target(name: "CBuild", cSettings: commit.map { [.define("ATALAYA_COMMIT", to: $0)] } ?? []),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CHiredis", linkerSettings: [.linkedLibrary("hiredis")]),
        .target(name: "CLinux"),
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "TestKit",
            dependencies: [
                "ClientProtocols", "Clients", "Gateway", "HTTPClient", "Instruments", "Messaging", "Reactor",
                "Settings",
            ],
            path: "Tests/TestKit",
            swiftSettings: strict + [optimisedInDebug]
        ),
    ]
        + tested.map { name in
            .testTarget(
                name: name + "Tests",
                dependencies: [.byName(name: name), "TestKit"]
                    + (ofOurs[name] ?? []).filter { !walls.contains($0) && $0 != name }.map { .byName(name: $0) },
                swiftSettings: strict
            )
        } + [
            .testTarget(
                name: "IntegrationTests",
                dependencies: [
                    "Atalaya", "ClientProtocols", "Clients", "Gateway", "HTTP", "HTTPClient", "Instruments",
                    "JSONText", "Messaging", "Observability", "Reactor", "Settings", "TestKit", "WebSocket",
                ],
                swiftSettings: strict
            )
        ]
)
