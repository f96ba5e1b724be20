// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: the language's strictest, and no warning gets through.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "scrapy-spool",
    products: [
        .executable(name: "scrapy-spool", targets: ["scrapy-spool"]),
        .executable(name: "scrapy-spool-shim", targets: ["scrapy-spool-shim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .target(name: "SpoolModel", swiftSettings: strict),
        .target(name: "CLinux"),
        .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Forms", swiftSettings: strict),
        .target(name: "SpoolStore", dependencies: ["SpoolModel", "LinuxSystem"], swiftSettings: strict),
        .executableTarget(
            name: "scrapy-spool-shim", dependencies: ["CLinux", "LinuxSystem", "SpoolModel", "SpoolStore"],
            swiftSettings: strict, linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
        .executableTarget(
            name: "scrapy-spool",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-static-stdlib"]), .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims")]
        ),
        .testTarget(name: "SpoolModelTests", dependencies: ["SpoolModel"], swiftSettings: strict),
        .testTarget(name: "FormsTests", dependencies: ["Forms"], swiftSettings: strict),
        .testTarget(
            name: "SpoolStoreTests", dependencies: ["SpoolStore", "SpoolModel", "LinuxSystem"], swiftSettings: strict),
    ]
)
