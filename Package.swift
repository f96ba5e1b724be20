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

/// Tests that wait for other programs gain nothing from being optimized, which takes most of the time of their build.
let quick: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

/// The programs carry the Swift runtime with them: a machine that runs them needs no toolchain. They export no symbols, for
/// nothing is loaded into them, which would look for 4 MB of names.
let selfContained: [LinkerSetting] = [.unsafeFlags(["-static-stdlib", "-Xlinker", "--no-export-dynamic"])]
/// The shim carries the C library as well. A process is made of it for each job, and more than half of the time until
/// that does something would go into finding and relocating shared libraries.
let wholeInItself: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "scrapy-spool",
    products: [
        .executable(name: "scrapy-spool", targets: ["scrapy-spool"]),
        .executable(name: "scrapy-spool-shim", targets: ["scrapy-spool-shim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Pure: values and decisions, no input or output.
        .target(name: "SpoolModel", swiftSettings: strict),
        .target(name: "Forms", swiftSettings: strict),
        .target(name: "INI", swiftSettings: strict),
        .target(name: "SpoolConfiguration", dependencies: ["INI", "SpoolModel"], swiftSettings: strict),
        .target(name: "Scheduling", dependencies: ["SpoolModel"], swiftSettings: strict),
        .target(name: "Slurm", dependencies: ["SpoolModel"], swiftSettings: strict),

        // The system, and the tree on it.
        .target(name: "CLinux"),
        .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: strict),
        .target(
            name: "TimeZones", dependencies: ["LinuxSystem", "Scheduling", "SpoolModel"], swiftSettings: strict),
        .target(
            name: "SpoolStore", dependencies: ["SpoolModel", "LinuxSystem"], exclude: ["README.md"],
            swiftSettings: strict),
        .target(
            name: "SpoolCheck",
            dependencies: [
                "LinuxSystem", "Scheduling", "SpoolModel", "SpoolStore",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(name: "CPasswordHash", linkerSettings: [.linkedLibrary("crypt")]),
        .target(
            name: "Authentication",
            dependencies: [
                "CPasswordHash", "LinuxSystem", "SpoolModel", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(name: "ProjectArchive", dependencies: ["CArchive", "INI"], swiftSettings: strict),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "ForeignStore", dependencies: ["CSQLite", "LinuxSystem", "SpoolModel", "SpoolStore"],
            swiftSettings: strict),
        .target(
            name: "ScrapyDoImport",
            dependencies: [
                "ForeignStore", "LinuxSystem", "ProjectArchive", "Scheduling", "SpoolModel", "SpoolStore", "TimeZones",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "ScrapydImport",
            dependencies: [
                "ForeignStore", "INI", "LinuxSystem", "ProjectArchive", "Scheduling", "SpoolModel", "SpoolStore",
                "TimeZones",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),

        .target(
            name: "ProjectPython",
            dependencies: [
                "INI", "LinuxSystem", "SpoolModel", "SpoolStore", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),

        // The two sides, which meet in the tree only.
        .target(
            name: "SpoolEngine",
            dependencies: [
                "CReport", "CWarm", "LinuxSystem", "ProjectPython", "Scheduling", "Slurm", "SpoolModel", "SpoolStore",
                "TimeZones",
                log, lifecycle, .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .target(name: "CReport", exclude: ["report"]),
        .target(name: "CWarm", exclude: ["warm"]),
        .target(name: "CPage", exclude: ["api", "page", "scrapy"]),
        .target(
            name: "SpoolHTTP",
            dependencies: [
                "Authentication", "CPage", "Forms", "INI", "LinuxSystem", "ProjectArchive", "ProjectPython",
                "Scheduling", "SpoolModel", "SpoolStore", "TimeZones", log, lifecycle,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // The client, which knows the API only.
        .target(
            name: "ProjectPacking", dependencies: ["INI", "LinuxSystem", "ProjectArchive"],
            swiftSettings: strict),
        .target(
            name: "SpoolClient",
            dependencies: [
                "INI", "LinuxSystem", "SpoolModel",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),

        // Notifies others of ended jobs, by the outboxes in the tree.
        .target(
            name: "SpoolHooks",
            dependencies: [
                "LinuxSystem", "SpoolClient", "SpoolModel", "SpoolStore", log,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),

        // The programs.
        .target(name: "CVersion"),
        .target(
            name: "SpoolShim", dependencies: ["CLinux", "CVersion", "LinuxSystem", "SpoolModel", "SpoolStore"],
            swiftSettings: strict),
        .executableTarget(
            name: "scrapy-spool-shim", dependencies: ["SpoolShim"], swiftSettings: strict,
            linkerSettings: wholeInItself),
        .executableTarget(
            name: "scrapy-spool",
            dependencies: [
                "Authentication", "CVersion", "ProjectPacking", "ProjectPython", "Scheduling", "SpoolClient",
                "ForeignStore", "LinuxSystem", "ScrapyDoImport", "ScrapydImport", "Slurm", "SpoolCheck",
                "SpoolConfiguration", "SpoolEngine",
                "SpoolHTTP", "SpoolHooks",
                "SpoolModel",
                "SpoolStore", "TimeZones",
                log, lifecycle, .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict,
            // What the static FoundationEssentials of the packages needs, which the toolchain links for dynamic ones
            // only.
            linkerSettings: selfContained + [
                .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims"),
            ]),

        .testTarget(name: "SpoolModelTests", dependencies: ["SpoolModel"], swiftSettings: strict),
        .testTarget(
            name: "SpoolConfigurationTests", dependencies: ["SpoolConfiguration", "SpoolModel"], swiftSettings: strict),
        .testTarget(name: "SchedulingTests", dependencies: ["Scheduling", "SpoolModel"], swiftSettings: strict),
        .testTarget(name: "SlurmTests", dependencies: ["Slurm", "SpoolModel"], swiftSettings: strict),
        .testTarget(
            name: "TimeZonesTests",
            dependencies: ["LinuxSystem", "Scheduling", "SpoolModel", "TestSpool", "TimeZones"],
            swiftSettings: strict),
        .testTarget(
            name: "ProjectArchiveTests", dependencies: ["ProjectArchive"], swiftSettings: strict),
        .testTarget(
            name: "AuthenticationTests", dependencies: ["Authentication", "SpoolModel"], swiftSettings: strict),
        .testTarget(
            name: "ScrapyDoImportTests",
            dependencies: [
                "CSQLite", "ForeignStore", "LinuxSystem", "ScrapyDoImport", "Scheduling", "SpoolModel", "SpoolStore",
                "TestSpool", "TimeZones",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ScrapydImportTests",
            dependencies: [
                "CSQLite", "ForeignStore", "LinuxSystem", "ScrapydImport", "Scheduling", "SpoolModel", "SpoolStore",
                "TestSpool", "TimeZones",
            ],
            swiftSettings: strict),
        .testTarget(name: "ProjectPythonTests", dependencies: ["ProjectPython"], swiftSettings: strict),
        .testTarget(name: "INITests", dependencies: ["INI"], swiftSettings: strict),
        .testTarget(name: "FormsTests", dependencies: ["Forms"], swiftSettings: strict),
        .target(
            name: "TestSpool", dependencies: ["LinuxSystem", "SpoolModel", "SpoolStore"], path: "Tests/TestSpool",
            swiftSettings: strict),
        .testTarget(
            name: "LinuxSystemTests", dependencies: ["LinuxSystem", "TestSpool"], swiftSettings: strict),
        .testTarget(
            name: "SpoolStoreTests", dependencies: ["LinuxSystem", "SpoolModel", "SpoolStore", "TestSpool"],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolEngineTests",
            dependencies: [
                "LinuxSystem", "Scheduling", "Slurm", "SpoolEngine", "SpoolModel", "SpoolStore", "TestSpool",
                "TimeZones", log,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolShimTests", dependencies: ["SpoolModel", "SpoolShim"], swiftSettings: strict),
        .testTarget(
            name: "SpoolHTTPTests",
            dependencies: [
                "Forms", "LinuxSystem", "Scheduling", "SpoolHTTP", "SpoolModel", "SpoolStore", "TestSpool",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolCheckTests",
            dependencies: ["LinuxSystem", "SpoolCheck", "SpoolModel", "SpoolStore", "TestSpool"],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolClientTests",
            dependencies: ["ProjectArchive", "ProjectPacking", "SpoolClient"],
            swiftSettings: strict),
        .testTarget(
            name: "SpoolHooksTests", dependencies: ["SpoolHooks", "SpoolModel"],
            swiftSettings: strict),
        // Tries what tools/fuzz has found.
        .testTarget(
            name: "FuzzTests",
            dependencies: ["Authentication", "Forms", "INI", "ProjectArchive", "Scheduling", "SpoolModel"],
            swiftSettings: strict),
        // Runs tools/torture, which needs a shim that libraries can be preloaded into.
        .executableTarget(
            name: "preloadable-shim", dependencies: ["SpoolShim"], path: "Tests/PreloadableShim", swiftSettings: strict,
            linkerSettings: selfContained),
        .testTarget(name: "TortureTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        // Drives the two programs from outside, so it depends on nothing of theirs but the language of the tree.
        .testTarget(
            name: "EndToEndTests", dependencies: ["LinuxSystem", "SpoolModel"], swiftSettings: strict + quick),
    ]
)
