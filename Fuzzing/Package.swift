// swift-tools-version: 6.2

import PackageDescription

// A package of its own: everything in it, and all of Reel below it, is built with sanitizers. `scripts/fuzz` builds and runs it.
let package = Package(
  name: "Fuzzing",
  dependencies: [.package(name: "reel", path: "..")],
  targets: [
    // What libFuzzer offers to a program with a `main` of its own.
    .target(name: "CFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "CFuzzer",
        .product(name: "Captures", package: "reel"),
        .product(name: "EventSchema", package: "reel"),
        .product(name: "TestSupport", package: "reel"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
  ]
)
