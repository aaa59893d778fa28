import ArgumentParser

/// SIZE: `512KiB`, `1GiB`, `1.5M`, `4096`.
struct ByteSize: ExpressibleByArgument, Hashable {
  let bytes: Int64

  init(bytes: Int64) { self.bytes = bytes }

  /// Units of 1024 have an `i` or are a letter alone, as elsewhere; those of 1000 are `kB`, `MB`, `GB`, `TB`.
  init?(argument: String) {
    guard let number = NumberWithUnit(argument), let factor = ByteSize.factor(number.unit),
      let bytes = number.scaled(by: factor)
    else { return nil }
    self.bytes = bytes
  }

  /// As a user would write it: what help shows as the default.
  var defaultValueDescription: String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes > 0 {
      if bytes & (1 << shift - 1) == 0 { return "\(bytes >> shift)\(unit)" }
    }
    return "\(bytes)"
  }

  private static func factor(_ unit: Substring) -> UInt64? {
    switch unit.lowercased() {
    case "", "b": 1
    case "k", "kib": 1 << 10
    case "m", "mib": 1 << 20
    case "g", "gib": 1 << 30
    case "t", "tib": 1 << 40
    case "kb": 1000
    case "mb": 1_000_000
    case "gb": 1_000_000_000
    case "tb": 1_000_000_000_000
    default: nil
    }
  }
}
