import ArgumentParser
import Filter

/// SIZE: `512KiB`, `1GiB`, `1.5M`, `4096`.
struct ByteSize: ExpressibleByArgument, Hashable {
  let bytes: Int64

  init(bytes: Int64) { self.bytes = bytes }

  init?(argument: String) {
    guard let bytes = Quantity.bytes(argument) else { return nil }
    self.bytes = bytes
  }

  /// As a user would write it: what help shows as the default.
  var defaultValueDescription: String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes > 0 {
      if bytes & (1 << shift - 1) == 0 { return "\(bytes >> shift)\(unit)" }
    }
    return "\(bytes)"
  }
}
