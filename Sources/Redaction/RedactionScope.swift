/// The parts of a capture in which a rule looks.
public struct RedactionScope: OptionSet, Sendable, Hashable {
  /// One bit for each member.
  public let rawValue: UInt8
  /// A set from its bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// What programs were given: `proc.args`, the arguments of `execve`, the command of a recording.
  public static let arguments = RedactionScope(rawValue: 1 << 0)
  /// Variables of processes and containers, `NAME=value` each.
  public static let environment = RedactionScope(rawValue: 1 << 1)
  /// Bytes that were read, written or passed otherwise, and attached files.
  public static let payload = RedactionScope(rawValue: 1 << 2)
  /// Names of files, directories and unix sockets, executables, control groups.
  public static let paths = RedactionScope(rawValue: 1 << 3)
  /// All other texts: names of threads, users and containers, labels, text arguments, annotations, the filter.
  public static let text = RedactionScope(rawValue: 1 << 4)

  /// All of them.
  public static let all: RedactionScope = [.arguments, .environment, .payload, .paths, .text]

  /// The names that stand in rules files.
  public static let names: [(name: String, scope: RedactionScope)] = [
    ("arguments", .arguments), ("environment", .environment), ("payload", .payload), ("paths", .paths), ("text", .text),
  ]
}
