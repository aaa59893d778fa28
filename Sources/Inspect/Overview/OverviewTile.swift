/// One number of an overview: what is counted, how people read it, where its details are.
public struct OverviewTile: Sendable, Hashable {
  /// Tiles in groups, in the order in which they are shown.
  public enum Category: String, Sendable, CaseIterable {
    case general, file, network
    case networkApplications = "network_applications"
    case security, performance, logs, infrastructure

    /// The heading.
    public var title: String {
      switch self {
      case .general: "General"
      case .file: "Files"
      case .network: "Network"
      case .networkApplications: "Network applications"
      case .security: "Security"
      case .performance: "Performance"
      case .logs: "Logs"
      case .infrastructure: "Infrastructure"
      }
    }
  }

  /// When a tile deserves a look.
  public enum Rule: Sendable, Hashable {
    case never
    /// When there is any, for a reason.
    case any(String)
    /// When it is more than so many percent of another tile, and more than a few.
    case share(Int, of: String, String)
  }

  /// What people know it by.
  public let title: String
  /// The name: `category.name`. The counter has it, too.
  public let name: String
  /// The group that it is shown in.
  public let category: Category
  /// How people read its numbers.
  public let unit: View.Unit
  /// The view that shows what is behind it; `events` is the list of events.
  public let view: String
  /// The filter that narrows the view to that; `nil` when the view shows nothing else.
  public let filter: String?
  /// Whether it is shown without a count.
  public let isAlwaysShown: Bool
  /// When it deserves a look.
  public let rule: Rule

  init(
    _ category: Category, _ name: String, _ title: String, unit: View.Unit = .plain, view: String,
    filter: String? = nil, isAlwaysShown: Bool = false, _ rule: Rule = .never
  ) {
    self.category = category
    self.name = "\(category.rawValue).\(name)"
    self.title = title
    self.unit = unit
    self.view = view
    self.filter = filter
    self.isAlwaysShown = isAlwaysShown
    self.rule = rule
  }
}
