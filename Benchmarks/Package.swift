// swift-tools-version: 6.2
// The micro-benchmarks, a package of their own so that nobody who builds Perch builds them. `make bench` runs them.

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "perch-benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "perch-bench", targets: ["PerchBench"]),
        .executable(name: "perch-client-bench", targets: ["PerchClientBench"]),
    ],
    dependencies: [
        .package(name: "perch", path: ".."),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "PerchBench",
            dependencies: [.product(name: "PerchInternals", package: "perch")],
            swiftSettings: settings
        ),
        // What services link, with every allocation counted.
        .target(name: "CAllocationCount"),
        .executableTarget(
            name: "PerchClientBench",
            dependencies: [
                "CAllocationCount",
                .product(name: "PerchMetrics", package: "perch"),
                .product(name: "PerchLogging", package: "perch"),
                .product(name: "PerchTracing", package: "perch"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
    ]
)
