/// The probe's 64-bit identities → rows of the dimension tables.
///
/// Open addressing, at most half full; nothing is removed (a new generation starts a new table). Identities are never 0.
struct IdentityTable {
  private var keys: [UInt64]
  private var rows: [UInt32]
  private(set) var count = 0

  init() {
    keys = [UInt64](repeating: 0, count: 1024)
    rows = [UInt32](repeating: 0, count: 1024)
  }

  subscript(identity: UInt64) -> UInt32? {
    var slot = IdentityTable.slot(identity, keys.count)
    while keys[slot] != 0 {
      if keys[slot] == identity { return rows[slot] }
      slot = (slot + 1) & (keys.count - 1)
    }
    return nil
  }

  /// Sets the row of an identity.
  mutating func set(_ identity: UInt64, _ row: UInt32) {
    if (count + 1) * 2 > keys.count { grow() }
    var slot = IdentityTable.slot(identity, keys.count)
    while keys[slot] != 0, keys[slot] != identity { slot = (slot + 1) & (keys.count - 1) }
    if keys[slot] == 0 {
      keys[slot] = identity
      count += 1
    }
    rows[slot] = row
  }

  private mutating func grow() {
    var larger = IdentityTable(capacity: keys.count * 2)
    for (index, key) in keys.enumerated() where key != 0 { larger.set(key, rows[index]) }
    self = larger
  }

  private init(capacity: Int) {
    keys = [UInt64](repeating: 0, count: capacity)
    rows = [UInt32](repeating: 0, count: capacity)
  }

  private static func slot(_ identity: UInt64, _ capacity: Int) -> Int {
    Int(truncatingIfNeeded: (identity &* 0x9E37_79B9_7F4A_7C15) >> 32) & (capacity - 1)
  }
}
