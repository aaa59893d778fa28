// swift-tools-version: 6.2

import PackageDescription

/// Every room is held to the same rules: the Swift 6 language mode and no warning left standing.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "reel",
  products: [
    .executable(name: "reel", targets: ["reel"]),
    // What the nested packages measure and fuzz by itself.
    .library(name: "KernelSource", targets: ["KernelSource"]),
    .library(name: "EventSchema", targets: ["EventSchema"]),
    .library(
      name: "Captures",
      targets: [
        "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "BinaryCoding", "Filter", "Query", "Redaction",
        "ScapFormat",
      ]),
    .library(name: "TestSupport", targets: ["TestSupport"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
  ],
  targets: [
    // The catalogue of events, the hub, and the words that they are written in.
    .target(name: "EventSchema", swiftSettings: strict),
    .target(name: "CChecksum"),
    .target(name: "BinaryCoding", dependencies: ["CChecksum"], swiftSettings: strict),
    .target(name: "EventBatch", dependencies: ["EventSchema"], swiftSettings: strict),

    // The capture file.
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "Compression", dependencies: ["CLZ4", "CZstd", "CZlib"], swiftSettings: strict),
    .target(name: "CaptureFormat", dependencies: ["EventBatch", "EventSchema", "BinaryCoding"], swiftSettings: strict),
    .target(
      name: "CaptureFile",
      dependencies: ["CaptureFormat", "Compression", "EventBatch", "EventSchema", "BinaryCoding", systemPackage],
      swiftSettings: strict),

    // Who wrote it, and that it is what was written.
    .target(
      name: "Seals",
      dependencies: [
        "CaptureFile", "CaptureFormat", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"), systemPackage,
      ],
      swiftSettings: strict),

    // Captures of the ecosystem.
    .target(
      name: "ScapFormat", dependencies: ["EventBatch", "EventSchema", "BinaryCoding", "Compression"],
      swiftSettings: strict),

    // JSON by itself: read strictly and with bounds, and written.
    .target(name: "JSON", swiftSettings: strict),

    // The kernel side.
    .target(name: "Probe", exclude: ["reel.bpf.c", "bpf"]),
    .target(name: "ProbeImage", swiftSettings: strict, plugins: ["CompileProbe"]),
    .executableTarget(name: "ProbeCompiler", path: "Sources/Plugins/ProbeCompiler", swiftSettings: strict),
    .plugin(
      name: "CompileProbe", capability: .buildTool(), dependencies: ["ProbeCompiler"],
      path: "Sources/Plugins/CompileProbe"),
    .target(name: "CLibBPF", linkerSettings: [.linkedLibrary("bpf")]),
    .target(
      name: "KernelSource",
      dependencies: ["Probe", "ProbeImage", "Containers", "EventBatch", "EventSchema", "CLibBPF", systemPackage],
      swiftSettings: strict),
    // Which container it is, and what engines know of it.
    .target(name: "Containers", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "CLinux"),
    .target(
      name: "Recorder",
      dependencies: [
        "KernelSource", "Containers", "CaptureFile", "CaptureFormat", "EventBatch", "EventSchema", "CLinux",
      ],
      swiftSettings: strict),

    // Asking.
    .target(name: "Filter", swiftSettings: strict),
    .target(
      name: "Query",
      dependencies: [
        "Filter", "EventBatch", "EventSchema", "CaptureFile", "CaptureFormat", "ScapFormat", "CLinux",
      ],
      swiftSettings: strict),
    .target(
      name: "Inspect",
      dependencies: ["Query", "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "EventSchema"],
      swiftSettings: strict),
    // What must not reach the disk.
    .target(
      name: "Redaction",
      dependencies: ["CaptureFile", "CaptureFormat", "EventBatch", "EventSchema", "JSON", "YAML"],
      swiftSettings: strict),
    // Rules over events.
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: strict),
    .target(
      name: "Rules",
      dependencies: ["Query", "Filter", "CaptureFormat", "EventBatch", "EventSchema", "ScapFormat", "YAML"],
      swiftSettings: strict),

    // The daemon: rules over what is recorded, and what happens when one matches.
    // Declares what libcurl's headers do, and loads it when it is needed.
    .target(name: "CCurl"),
    .target(
      name: "Delivery",
      dependencies: ["CCurl", "CChecksum", "JSON", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(
      name: "Guard",
      dependencies: [
        "Rules", "Recorder", "Delivery", "Query", "Filter", "KernelSource", "Containers", "Redaction", "CaptureFile",
        "CaptureFormat", "EventBatch", "EventSchema", "BinaryCoding", "YAML", "JSON", "CLinux",
      ],
      swiftSettings: strict),
    .target(
      name: "Export",
      dependencies: [
        "Query", "ScapFormat", "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "EventSchema",
      ],
      swiftSettings: strict),
    .target(name: "Presentation", swiftSettings: strict),

    // The command line: parse, call, render.
    .executableTarget(
      name: "reel",
      dependencies: [
        "EventSchema", "CaptureFile", "CaptureFormat", "Compression", "KernelSource", "Containers", "Recorder", "Query",
        "Inspect", "Filter", "Redaction", "Rules", "Guard", "Delivery", "JSON", "Export", "ScapFormat", "Presentation",
        "Seals", "CLinux", argumentParser,
      ],
      swiftSettings: strict,
      // The program starts sooner with the libraries of Swift in it, and runs where Swift is not installed.
      linkerSettings: [
        .unsafeFlags(
          ["-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims"], .when(configuration: .release))
      ]),

    // What keeps committed files in step with their source.
    .target(
      name: "SchemaGeneration", dependencies: ["EventSchema"], path: "Sources/Plugins/SchemaGeneration",
      swiftSettings: strict),
    .executableTarget(
      name: "SchemaGenerator", dependencies: ["SchemaGeneration"], path: "Sources/Plugins/SchemaGenerator",
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["EventBatch", "EventSchema", "CaptureFormat", "CaptureFile"],
      path: "Tests/Support", swiftSettings: strict),
    .target(
      name: "ConformanceFiles",
      dependencies: [
        "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "EventSchema", "BinaryCoding", "TestSupport",
      ],
      path: "Tests/Conformance/Files", swiftSettings: strict),
    .executableTarget(
      name: "ConformanceGenerator", dependencies: ["ConformanceFiles"], path: "Tests/Conformance/Generator",
      swiftSettings: strict),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "ConformanceFiles", "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "EventSchema", "TestSupport",
        "reel",
      ], swiftSettings: strict),
    .testTarget(name: "BinaryCodingTests", dependencies: ["BinaryCoding", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "CompressionTests", dependencies: ["Compression", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "CaptureFormatTests",
      dependencies: ["CaptureFormat", "Compression", "BinaryCoding", "EventBatch", "EventSchema", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CaptureFileTests",
      dependencies: [
        "CaptureFile", "CaptureFormat", "BinaryCoding", "Compression", "EventBatch", "EventSchema", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SealsTests",
      dependencies: [
        "Seals", "CaptureFile", "CaptureFormat", "EventBatch", "EventSchema", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RedactionTests",
      dependencies: [
        "Redaction", "CaptureFile", "CaptureFormat", "EventBatch", "EventSchema", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EventBatchTests", dependencies: ["EventBatch", "EventSchema", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ContainersTests", dependencies: ["Containers", "JSON", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RecorderTests",
      dependencies: [
        "Recorder", "KernelSource", "Containers", "CaptureFile", "CaptureFormat", "EventBatch", "EventSchema",
        "Redaction", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "QueryTests",
      dependencies: ["Query", "Filter", "EventBatch", "EventSchema", "CaptureFormat", "CaptureFile", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "InspectTests",
      dependencies: [
        "Inspect", "Query", "CaptureFile", "CaptureFormat", "Compression", "EventBatch", "EventSchema", "TestSupport",
      ], exclude: ["peer"], swiftSettings: strict),
    .testTarget(
      name: "RulesTests",
      dependencies: [
        "Rules", "YAML", "Query", "Filter", "EventBatch", "EventSchema", "CaptureFormat", "CaptureFile", "TestSupport",
        "reel",
      ], exclude: ["mistakes", "peer"], swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests", dependencies: ["Delivery", "JSON", "TestSupport"], exclude: ["servers"],
      swiftSettings: strict),
    .testTarget(
      name: "GuardTests",
      dependencies: [
        "Guard", "Delivery", "Rules", "Recorder", "Query", "CaptureFile", "CaptureFormat", "EventBatch", "EventSchema",
        "YAML", "TestSupport", "reel",
      ], exclude: ["mistakes"], swiftSettings: strict),
    .testTarget(
      name: "ScapFormatTests",
      dependencies: ["ScapFormat", "Compression", "EventBatch", "EventSchema", "TestSupport"], exclude: ["peer"],
      swiftSettings: strict),
    .testTarget(name: "PresentationTests", dependencies: ["Presentation"], swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "reel", "TestSupport", "EventBatch", "EventSchema", "CaptureFile", "CaptureFormat", "Recorder", "KernelSource",
        "Presentation", "Query", "Seals", "Inspect",
      ], exclude: ["golden", "told"],
      swiftSettings: strict),
    .testTarget(
      name: "LiveTests", dependencies: ["TestSupport"], exclude: ["workload"], swiftSettings: strict),
    .testTarget(
      name: "KernelSourceTests", dependencies: ["KernelSource", "Probe", "EventBatch", "EventSchema", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "FilterTests", dependencies: ["Filter", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "EventSchemaTests", dependencies: ["EventSchema", "SchemaGeneration", "TestSupport"],
      swiftSettings: strict),
  ]
)
