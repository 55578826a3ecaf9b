// swift-tools-version: 6.2
// The micro-benchmarks, a package of their own so that nobody who builds Perch builds them. `make bench` runs them.

import PackageDescription

let package = Package(
    name: "perch-benchmarks",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "perch-bench", targets: ["PerchBench"])],
    dependencies: [.package(name: "perch", path: "..")],
    targets: [
        .executableTarget(
            name: "PerchBench",
            dependencies: [.product(name: "PerchInternals", package: "perch")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ]
        )
    ]
)
