// swift-tools-version: 6.2

import PackageDescription

// A package of its own, so that measuring never slows the build of what is measured.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "reel", path: "..")],
  targets: [
    // What each stage of the kernel program costs.
    .executableTarget(
      name: "RecordStages",
      dependencies: [
        .product(name: "KernelSource", package: "reel"),
        .product(name: "EventSchema", package: "reel"),
      ],
      swiftSettings: strict),
    // What the whole of `reel record` costs.
    .executableTarget(name: "RecordPipeline", swiftSettings: strict),
    // What questions cost, beside the peer.
    .executableTarget(name: "QueryBench", swiftSettings: strict),
    // What small parts cost, with thresholds.
    .executableTarget(
      name: "MicroBench",
      dependencies: [
        .product(name: "Captures", package: "reel"),
        .product(name: "EventSchema", package: "reel"),
      ],
      swiftSettings: strict),
    // What a capture costs on disk, and to write and read.
    .executableTarget(
      name: "FormatBench",
      dependencies: [
        .product(name: "Captures", package: "reel"),
        .product(name: "EventSchema", package: "reel"),
      ],
      swiftSettings: strict),
  ]
)
