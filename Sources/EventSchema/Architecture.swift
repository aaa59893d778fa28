/// A processor architecture whose system calls the schema knows.
///
/// Numbers of system calls and a few flag values differ between architectures; names and meanings do not.
public enum Architecture: String, CaseIterable, Hashable, Sendable {
  // The kernel's spelling, which is also the one in files.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case x86_64
  case aarch64

  /// The architecture that this program was compiled for.
  public static var current: Architecture {
    #if arch(arm64)
    return .aarch64
    #else
    return .x86_64
    #endif
  }
}

extension EventType {
  /// The number of the system call on an architecture, `nil` where it does not exist.
  public func number(on architecture: Architecture) -> UInt16? {
    switch architecture {
    case .x86_64: numberX86
    case .aarch64: numberARM
    }
  }
}

extension Schema {
  /// All system calls of an architecture in ascending order of their numbers: what the probe's table is filled from.
  ///
  /// - Complexity: O(n log n) in the number of types; meant to be called once.
  public func systemCalls(_ architecture: Architecture) -> [(number: UInt16, type: EventType)] {
    types.compactMap { type in type.number(on: architecture).map { (number: $0, type: type) } }
      .sorted { $0.number < $1.number }
  }
}
