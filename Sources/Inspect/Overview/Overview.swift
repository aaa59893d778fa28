/// What an overview says: a value for each tile, and how it went.
public struct Overview: Sendable, Hashable {
  /// One tile with its numbers.
  public struct Entry: Sendable, Hashable {
    /// What it is.
    public let tile: OverviewTile
    /// The sum over all time, exact.
    public let total: Int64
    /// A value for each slice of time.
    public let series: [Int64]
    /// Why it deserves a look; `nil` when nothing is special.
    public internal(set) var reason: String?

    /// The greatest value of a slice.
    public var peak: Int64 { series.max() ?? 0 }
  }

  /// The container that it is about: id and name; `nil` for all events.
  public let container: (id: String, name: String)?
  /// When the first slice begins, in nanoseconds of the epoch.
  public let start: Int64
  /// How long a slice is, in nanoseconds.
  public let step: Int64
  /// The tiles. One whose number is not known is left out.
  public let entries: [Entry]

  init(
    container: (id: String, name: String)?, start: Int64, step: Int64, counts: [String: [Int64]]
  ) {
    self.container = container
    self.start = start
    self.step = step
    var totals: [String: Int64] = [:]
    for (name, values) in counts { totals[name] = values.reduce(0, &+) }
    entries = OverviewCatalogue.all.compactMap { tile in
      guard let series = counts[tile.name], let total = totals[tile.name] else { return nil }
      return Entry(tile: tile, total: total, series: series, reason: tile.rule.reason(total, totals))
    }
  }

  /// The entry of a tile.
  public subscript(_ name: String) -> Entry? { entries.first { $0.tile.name == name } }

  /// Whether both say the same.
  public static func == (one: Overview, other: Overview) -> Bool {
    one.container?.id == other.container?.id && one.start == other.start && one.step == other.step
      && one.entries == other.entries
  }

  /// Hashes what is compared.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(start)
    hasher.combine(step)
    hasher.combine(entries)
  }
}

extension OverviewTile.Rule {
  /// A few of something are no share of anything.
  private static let few: Int64 = 10

  fileprivate func reason(_ total: Int64, _ totals: [String: Int64]) -> String? {
    switch self {
    case .never: return nil
    case .any(let reason): return total > 0 ? reason : nil
    case .share(let percent, let name, let reason):
      guard let whole = totals[name], total >= OverviewTile.Rule.few else { return nil }
      return Double(total) * 100 > Double(whole) * Double(percent) ? reason : nil
    }
  }
}
