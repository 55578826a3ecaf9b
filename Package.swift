// swift-tools-version: 6.2
// Perch: an observability backbone in one binary. The layers are explained in docs/architecture.md;
// scripts/check-layers.sh holds the imports against them.

import PackageDescription

// PERCH_WARNINGS=errors makes every warning of this package an error, as scripts/test.sh does.
let strict: [SwiftSetting] = Context.environment["PERCH_WARNINGS"] == "errors" ? [.treatAllWarnings(as: .error)] : []

let settings: [SwiftSetting] =
    strict + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]

func target(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// A library that services link (docs/instrumenting.md), with what of the targets below it is part of its interface.
func library(_ name: String, with others: String...) -> Product { .library(name: name, targets: [name] + others) }

/// A service of the sample shop.
func shopService(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    target(
        name,
        [
            "ShopKit", "PerchMetrics",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "Tracing", package: "swift-distributed-tracing"),
        ] + dependencies)
}

/// The tests of one target; they see the shared test support as well.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: [],
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "perch",
    platforms: [.macOS(.v15)],
    products: [
        library("PerchMetrics", with: "PerchWire"), library("PerchLogging", with: "PerchWire"), library("PerchTracing", with: "PerchWire"),
        library("PerchExport"), library("PerchInstrumentation"), library("PerchHummingbird"), library("PerchHTTPClient"),
        library("PerchGRPC"),
        library("PerchGRDB"), library("PerchTestKit"),
        .executable(name: "perch", targets: ["perch"]),
        // The sample: an e-commerce shop of nine programs in one; see docs/shop.md.
        .executable(name: "shop", targets: ["shop"]),
        // For the package of fuzzing only; nothing in it is promised to others.
        .library(
            name: "PerchParsers",
            targets: [
                "AlertRouting", "ByteCoding", "Compression", "ConfigFile", "ExpositionFormat", "GoTemplate", "JaegerFormat", "LogFormats",
                "LogQL", "Notifications", "OTLPFormat", "PromQL", "PushFormats", "RemoteReadFormat", "RemoteWriteFormat", "Rules",
                "TargetDiscovery", "TelemetryModel", "TraceQL", "ZipkinFormat",
            ]
        ),
        // For the package of micro-benchmarks only; nothing in it is promised to others.
        .library(
            name: "PerchInternals",
            targets: [
                "ByteCoding", "Compression", "TelemetryModel", "LabelMatching", "ColumnCoding", "ExpositionFormat", "RemoteWriteFormat",
                "MetricStorage", "QueryModel", "PromQL", "Ingestion", "OTLPFormat", "TraceStorage", "TraceQL", "SpanMetrics", "LogFormats",
                "LogStorage", "LogQL",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.45.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.30.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.0"),
    ],
    targets: [
        // Layer 0: base
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CChecksum"),
        target("ByteCoding", ["CChecksum", "CXXHash"]),
        target("CivilCalendar"),
        target("Compression", ["CZlib", "CZstd", "CSnappy"]),
        target("LinearRegex", ["CRE2"]),
        target("SQLiteSupport", [.product(name: "GRDB", package: "GRDB.swift")]),
        target("ConfigFile", [.product(name: "Yams", package: "Yams")]),

        // Layer 1: model
        target("TelemetryModel", ["ByteCoding"]),
        target("LabelMatching", ["TelemetryModel", "LinearRegex"]),
        target("Relabeling", ["TelemetryModel", "LinearRegex"]),
        target("GoTemplate", ["CivilCalendar", "TelemetryModel"]),
        target("AlertModel", ["LabelMatching", "TelemetryModel"]),

        // Layer 2: formats
        target("ColumnCoding", ["ByteCoding", "Compression", "TelemetryModel"]),
        target("ExpositionFormat", ["ByteCoding", "TelemetryModel"]),
        target("PushFormats", ["TelemetryModel"]),
        target("RemoteWriteFormat", ["ByteCoding", "TelemetryModel"]),
        target("RemoteReadFormat", ["ByteCoding", "RemoteWriteFormat", "TelemetryModel"]),
        target("OTLPFormat", ["ByteCoding", "TelemetryModel"]),
        target("JaegerFormat", ["ByteCoding", "TelemetryModel"]),
        target("ZipkinFormat", ["ByteCoding", "TelemetryModel"]),
        target("GraphImage", ["CivilCalendar", "Compression", "TelemetryModel"]),
        target("TelemetryContracts", ["ByteCoding", "TelemetryModel"]),
        target("LogFormats", ["ByteCoding", "CivilCalendar", "Compression", "TelemetryModel"]),

        target(
            "OutboundHTTP",
            [
                "ByteCoding", "CivilCalendar", "ConfigFile",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),

        // Client libraries: what services link. The collector uses the first two itself.
        target("PerchWire", ["CZlib"]),
        target("PerchMetrics", ["PerchWire", .product(name: "CoreMetrics", package: "swift-metrics")]),
        target("PerchLogging", ["CivilCalendar", "PerchWire", .product(name: "Logging", package: "swift-log")]),
        target("PerchTracing", ["PerchWire", .product(name: "Tracing", package: "swift-distributed-tracing")]),
        target(
            "PerchExport",
            [
                "PerchWire", "PerchMetrics", "PerchLogging", "PerchTracing",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),

        target(
            "PerchGRPC",
            [
                "PerchExport", "PerchTracing",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        target(
            "PerchInstrumentation",
            [
                "PerchWire", "PerchMetrics", "PerchLogging", "PerchTracing", "PerchExport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        target(
            "PerchHummingbird",
            [
                "PerchMetrics",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        target(
            "PerchHTTPClient",
            [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        target(
            "PerchGRDB",
            [
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        target(
            "PerchTestKit",
            [
                "PerchMetrics", "PerchLogging", "PerchTracing",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),

        // The sample: services that use the client libraries and nothing of the collector
        target(
            "ShopKit",
            [
                "PerchExport", "PerchGRDB", "PerchHTTPClient", "PerchHummingbird", "PerchInstrumentation", "PerchLogging", "PerchMetrics",
                "PerchTracing",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        shopService("ShopCatalog"),
        shopService("ShopOrders"),
        shopService("ShopPayments", [.product(name: "Crypto", package: "swift-crypto")]),
        shopService("ShopShipping"),
        target(
            "ShopLoad",
            [
                "ShopKit", "PerchHTTPClient", "PerchHummingbird", "PerchInstrumentation", "PerchLogging", "PerchMetrics",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        shopService("ShopInventory"),
        shopService("ShopRecommendations"),
        shopService(
            "ShopUsers", [.product(name: "NIOPosix", package: "swift-nio"), .product(name: "CryptoExtras", package: "swift-crypto")]),
        shopService("ShopGateway", [.product(name: "NIOHTTP1", package: "swift-nio")]),

        // Layer 3: storage
        target("ShardStorage", ["ByteCoding", "CivilCalendar", "SQLiteSupport", "PerchMetrics"]),
        target(
            "MetricStorage",
            [
                "ByteCoding", "CivilCalendar", "Compression", "ColumnCoding", "ExpositionFormat", "LinearRegex", "TelemetryModel",
                "LabelMatching", "ShardStorage", "SQLiteSupport", "PerchMetrics",
            ]
        ),
        target(
            "TraceStorage",
            [
                "ByteCoding", "CivilCalendar", "Compression", "ColumnCoding", "OTLPFormat", "TelemetryModel", "ShardStorage",
                "SQLiteSupport", "PerchMetrics",
            ]
        ),

        target(
            "LogStorage",
            [
                "ByteCoding", "CivilCalendar", "Compression", "ColumnCoding", "TelemetryModel", "LabelMatching", "ShardStorage",
                "SQLiteSupport",
                "PerchMetrics",
            ]
        ),

        target("AlertStorage", ["AlertModel", "ByteCoding", "LabelMatching", "ShardStorage", "SQLiteSupport", "TelemetryModel"]),

        // Layer 4: query
        target("QueryModel", ["TelemetryModel"]),
        target("PromQL", ["CivilCalendar", "QueryModel", "TelemetryModel", "LabelMatching", "LinearRegex"]),
        target("TraceQL", ["QueryModel", "TelemetryModel", "LinearRegex"]),
        target(
            "LogQL",
            ["ByteCoding", "CivilCalendar", "GoTemplate", "QueryModel", "TelemetryModel", "LabelMatching", "LinearRegex"]
        ),

        // Layer 5: work
        target(
            "Ingestion",
            [
                "ByteCoding", "TelemetryModel", "ExpositionFormat", "PushFormats", "RemoteWriteFormat", "OTLPFormat", "LogFormats",
                "Compression", "MetricStorage",
                "TraceStorage",
                "LogStorage",
            ]
        ),
        target("RemoteWriteSending", ["ByteCoding", "CivilCalendar", "TelemetryModel", "Relabeling", "RemoteWriteFormat"]),
        target(
            "SpanMetrics",
            [
                "ByteCoding", "TelemetryModel", "LinearRegex", "OTLPFormat", "Ingestion", "MetricStorage", "ShardStorage",
            ]
        ),
        target(
            "TargetDiscovery",
            [
                "OutboundHTTP", "TelemetryModel", "ConfigFile", "Relabeling",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        target(
            "Scraping",
            [
                "OutboundHTTP", "ByteCoding", "TelemetryModel", "Relabeling", "TargetDiscovery", "ExpositionFormat", "Ingestion",
                "Compression",
                "MetricStorage", "PerchMetrics",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        target(
            "MetricReceiving",
            [
                "TelemetryModel", "PushFormats", "Ingestion", "PerchMetrics",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        target(
            "LogReceiving",
            [
                "ByteCoding", "CivilCalendar", "TelemetryModel", "LinearRegex", "SQLiteSupport", "LogFormats", "Ingestion", "PerchMetrics",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),

        target(
            "AlertRouting",
            ["AlertModel", "CivilCalendar", "ConfigFile", "GoTemplate", "LabelMatching", "LinearRegex", "TelemetryModel"]
        ),
        target(
            "Notifications",
            [
                "AlertModel", "AlertRouting", "ByteCoding", "CivilCalendar", "ConfigFile", "GoTemplate", "LabelMatching", "LinearRegex",
                "OutboundHTTP", "TelemetryModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        target(
            "Rules",
            [
                "AlertModel", "ByteCoding", "ConfigFile", "GoTemplate", "LabelMatching", "LinearRegex", "LogQL", "PromQL", "QueryModel",
                "TelemetryModel", "TraceQL", .product(name: "Logging", package: "swift-log"),
            ]
        ),
        target(
            "RuleTesting",
            [
                "AlertModel", "AlertRouting", "CivilCalendar", "ConfigFile", "GoTemplate", "LabelMatching", "LinearRegex", "PromQL",
                "QueryModel", "Rules", "TelemetryModel",
            ]
        ),

        // Layer 6: surface
        target(
            "HTTPAPI",
            [
                "AlertModel", "AlertRouting", "ByteCoding", "CivilCalendar", "TelemetryModel", "LabelMatching", "LinearRegex", "QueryModel",
                "PromQL", "TraceQL", "LogQL", "Ingestion", "Compression", "GraphImage", "RemoteReadFormat",
                "OTLPFormat", "JaegerFormat", "ZipkinFormat", "LogFormats", "PerchMetrics",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        target(
            "GRPCAPI",
            [
                "Ingestion", "OTLPFormat", "LogFormats", "PerchMetrics",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]
        ),
        target(
            "Collector",
            [
                "AlertRouting", "AlertStorage", "GoTemplate", "Notifications", "Rules", "AlertModel",
                "ByteCoding", "CivilCalendar", "Compression", "ConfigFile", "TelemetryModel", "LabelMatching", "Relabeling",
                "ExpositionFormat", "RemoteWriteFormat", "ShardStorage", "MetricStorage", "SQLiteSupport", "QueryModel", "PromQL",
                "Ingestion", "RemoteWriteSending", "TargetDiscovery", "OutboundHTTP", "Scraping", "HTTPAPI", "GRPCAPI", "OTLPFormat",
                "JaegerFormat",
                "TraceStorage", "TraceQL",
                "LogFormats", "LogStorage", "LogQL", "LogReceiving", "MetricReceiving", "SpanMetrics", "PerchMetrics", "PerchLogging",
                "PerchTracing", "PerchExport", "PerchGRPC",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        // Program
        .executableTarget(
            name: "perch",
            dependencies: [
                "Collector", "CommandLineClient", "GraphImage", "SQLiteSupport", "TelemetryModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "shop",
            dependencies: [
                "ShopKit", "ShopCatalog", "ShopInventory", "ShopRecommendations", "ShopUsers", "ShopGateway", "ShopOrders", "ShopPayments",
                "ShopShipping", "ShopLoad",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        target("Dashboards", ["ByteCoding", "LogQL", "PromQL", "QueryModel", "TraceQL"]),
        target(
            "CommandLineClient",
            [
                "AlertModel", "AlertRouting", "ByteCoding", "CivilCalendar", "ConfigFile", "Dashboards", "GoTemplate", "GraphImage",
                "LabelMatching",
                "LinearRegex", "LogQL", "Notifications", "OTLPFormat", "PromQL", "QueryModel", "Rules", "RuleTesting",
                "TelemetryContracts", "TelemetryModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ]
        ),

        // Tests
        .executableTarget(
            name: "CrashWriter",
            dependencies: ["LabelMatching", "LogStorage", "MetricStorage", "OTLPFormat", "TelemetryModel", "TestSupport", "TraceStorage"],
            path: "Tests/CrashWriter", swiftSettings: settings
        ),
        .target(name: "CFaultyFiles", path: "Tests/CFaultyFiles"),
        .executableTarget(
            name: "FaultSweep",
            dependencies: [
                "CFaultyFiles", "LabelMatching", "LogStorage", "MetricStorage", "OTLPFormat", "TelemetryModel", "TestSupport",
                "TraceStorage",
            ],
            path: "Tests/FaultSweep", swiftSettings: settings
        ),
        .executableTarget(
            name: "HeadLoader", dependencies: ["MetricStorage", "TelemetryModel"], path: "Tests/HeadLoader", swiftSettings: settings
        ),
        tests(of: "SQLiteSupport"),
        tests(of: "ShardStorage"),
        tests(
            of: "MetricStorage",
            ["ByteCoding", "CrashWriter", "FaultSweep", "HeadLoader", "LabelMatching", "ShardStorage", "SQLiteSupport", "TelemetryModel"]),
        .target(name: "TestSupport", dependencies: ["TelemetryModel"], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "ScriptedHTTP",
            dependencies: [.product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")],
            path: "Tests/ScriptedHTTP", swiftSettings: settings),
        .target(
            name: "QueryTestLanguage", dependencies: ["PromQL", "QueryModel", "TelemetryModel", "LabelMatching", "LinearRegex"],
            path: "Tests/QueryTestLanguage", swiftSettings: settings),
        tests(
            of: "PromQL", ["CivilCalendar", "QueryTestLanguage", "QueryModel", "TelemetryModel", "LabelMatching", "LinearRegex"],
            resources: [.copy("Data")]),
        tests(of: "LinearRegex"),
        tests(
            of: "CommandLineClient",
            [
                "ByteCoding", "Dashboards", "GraphImage", "OTLPFormat", "PromQL", "QueryModel", "Rules", "RuleTesting", "TelemetryModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(of: "TelemetryModel"),
        tests(of: "TelemetryContracts", ["ByteCoding", "PerchMetrics", "TelemetryModel"]),
        tests(of: "Compression"),
        tests(of: "ByteCoding"),
        tests(of: "CivilCalendar"),
        tests(of: "ColumnCoding", ["ByteCoding", "Compression", "TelemetryModel"]),
        tests(of: "Relabeling", ["TelemetryModel"]),
        tests(of: "ExpositionFormat", ["ByteCoding", "TelemetryModel"]),
        tests(of: "PushFormats"),
        tests(of: "RemoteWriteFormat", ["ByteCoding", "TelemetryModel"]),
        tests(of: "RemoteReadFormat", ["ByteCoding", "RemoteWriteFormat", "TelemetryModel"]),
        tests(of: "RemoteWriteSending", ["Relabeling", "RemoteWriteFormat", "TelemetryModel"]),
        tests(of: "OTLPFormat", ["ByteCoding", "TelemetryModel"]),
        tests(of: "JaegerFormat", ["ByteCoding", "OTLPFormat", "TelemetryModel"]),
        tests(of: "ZipkinFormat", ["ByteCoding", "TelemetryModel"]),
        tests(of: "GoTemplate", ["TelemetryModel"]),
        tests(of: "GraphImage", ["Compression", "TelemetryModel"]),
        tests(of: "LogFormats", ["ByteCoding", "Compression", "TelemetryModel"]),
        tests(
            of: "LogStorage",
            ["CrashWriter", "FaultSweep", "ByteCoding", "LabelMatching", "ShardStorage", "SQLiteSupport", "TelemetryModel"]),
        tests(of: "LogQL", ["ByteCoding", "GoTemplate", "LabelMatching", "LinearRegex", "QueryModel", "TelemetryModel"]),
        tests(
            of: "TraceStorage",
            ["ByteCoding", "CrashWriter", "FaultSweep", "OTLPFormat", "ShardStorage", "SQLiteSupport", "TelemetryModel"]),
        tests(of: "Dashboards"),
        tests(of: "TraceQL", ["LinearRegex", "QueryModel", "TelemetryModel"]),
        tests(of: "SpanMetrics", ["Ingestion", "LinearRegex", "MetricStorage", "OTLPFormat", "TelemetryModel"]),
        tests(
            of: "GRPCAPI",
            [
                "ByteCoding", "Ingestion", "OTLPFormat", "PerchMetrics", "TelemetryModel",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ]),
        tests(of: "Ingestion", ["ByteCoding", "Compression", "LogFormats", "MetricStorage", "RemoteWriteFormat", "TelemetryModel"]),
        tests(
            of: "Scraping",
            [
                "ByteCoding", "Compression", "ExpositionFormat", "Ingestion", "MetricStorage", "OutboundHTTP", "PerchMetrics", "Relabeling",
                "ScriptedHTTP",
                "TargetDiscovery", "TelemetryModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        tests(
            of: "MetricReceiving",
            [
                "Ingestion", "MetricStorage", "PerchMetrics", "PushFormats", "TelemetryModel",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        tests(
            of: "LogReceiving",
            [
                "ByteCoding", "CivilCalendar", "Compression", "Ingestion", "LinearRegex", "LogFormats", "PerchMetrics", "TelemetryModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        tests(
            of: "PerchExport",
            [
                "PerchWire", "PerchMetrics", "PerchLogging", "PerchTracing", .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        tests(
            of: "PerchInstrumentation",
            [
                "PerchWire", "PerchMetrics", "PerchLogging", "PerchTracing", "PerchExport", "PerchGRPC", "PerchHummingbird",
                "PerchHTTPClient",
                "PerchGRDB", "PerchTestKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        tests(of: "PerchTracing", ["PerchWire", .product(name: "Tracing", package: "swift-distributed-tracing")]),
        tests(of: "PerchLogging", ["PerchWire", .product(name: "Logging", package: "swift-log")]),
        tests(
            of: "Collector",
            [
                "AlertModel", "AlertRouting", "AlertStorage", "GoTemplate", "HTTPAPI", "Notifications", "PerchMetrics",
                "PerchExport", "PerchGRPC", "PerchInstrumentation", "PerchLogging", "PerchTracing", "ScriptedHTTP",
                "Compression", "ConfigFile", "ExpositionFormat", "HeadLoader", "Ingestion", "LabelMatching", "LogFormats", "LogReceiving",
                "LogStorage", "MetricStorage", "OTLPFormat", "OutboundHTTP", "PromQL", "QueryModel", "Relabeling", "RemoteWriteFormat",
                "RemoteWriteSending", "Scraping",
                "SpanMetrics", "SQLiteSupport", "TargetDiscovery", "TelemetryModel", "TraceQL", "TraceStorage",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        tests(of: "ConfigFile"),
        tests(
            of: "OutboundHTTP",
            [
                "ConfigFile", "ScriptedHTTP", .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(of: "AlertModel", ["TelemetryModel"]),
        tests(of: "AlertStorage", ["AlertModel", "LabelMatching", "ShardStorage", "SQLiteSupport", "TelemetryModel"]),
        tests(
            of: "AlertRouting",
            ["AlertModel", "CivilCalendar", "ConfigFile", "GoTemplate", "LabelMatching", "LinearRegex", "TelemetryModel"],
            resources: [.copy("Alertmanager/alertmanager_driver.py")]
        ),
        tests(
            of: "Notifications",
            [
                "AlertModel", "AlertRouting", "ConfigFile", "GoTemplate", "LabelMatching", "OutboundHTTP", "TelemetryModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [.copy("Data")]),
        tests(
            of: "Rules",
            [
                "AlertModel", "ConfigFile", "GoTemplate", "LabelMatching", "PromQL", "QueryModel", "TelemetryModel",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            of: "RuleTesting",
            ["AlertModel", "AlertRouting", "ConfigFile", "LabelMatching", "PromQL", "QueryModel", "Rules", "TelemetryModel"],
            resources: [.copy("Data")]),
        tests(
            of: "TargetDiscovery",
            [
                "ConfigFile", "OutboundHTTP", "Relabeling", "ScriptedHTTP", "TelemetryModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests(
            of: "ShopKit",
            [
                "PerchMetrics", "PerchTestKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        .testTarget(
            name: "ShopTests",
            dependencies: [
                "ShopKit", "ShopCatalog", "ShopInventory", "ShopRecommendations", "ShopUsers", "ShopGateway", "ShopOrders", "ShopPayments",
                "ShopShipping", "ShopLoad", "shop",
                "PerchHTTPClient", "PerchLogging", "PerchMetrics", "PerchTestKit", "PerchTracing", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        tests(of: "PerchWire"),
        tests(of: "PerchMetrics", ["PerchWire", .product(name: "CoreMetrics", package: "swift-metrics")]),
        tests(
            of: "HTTPAPI",
            [
                "AlertModel", "AlertRouting",
                "ByteCoding", "TelemetryModel", "LabelMatching", "MetricStorage", "OTLPFormat", "QueryModel", "PromQL", "TraceQL", "LogQL",
                "Ingestion",
                "Compression", "LogFormats",
                "PerchMetrics",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
    ]
)
