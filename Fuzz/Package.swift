// swift-tools-version: 6.2
// Fuzzing of every parser of foreign bytes with libFuzzer, a package of its own so that nobody who builds Perch builds it. `make fuzz` runs it.

import PackageDescription

let package = Package(
    name: "perch-fuzz",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "perch-fuzz", targets: ["PerchFuzz"])],
    dependencies: [.package(name: "perch", path: "..")],
    targets: [
        .executableTarget(
            name: "PerchFuzz",
            dependencies: [.product(name: "PerchParsers", package: "perch")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ]
        )
    ]
)
