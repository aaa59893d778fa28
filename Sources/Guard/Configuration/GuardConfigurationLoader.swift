import Rules
import YAML

#if canImport(Glibc)
import Glibc
#endif

/// A configuration with the rules that it needs, and all that is wrong with either.
public struct LoadedGuard: Sendable {
  /// What the file says; what is wrong in it has its default.
  public var configuration: GuardConfiguration
  /// All rules of the rules files, and those that stand in policies. Those that a policy names are enabled.
  public var rules: RuleSet
  /// What is wrong, or hardly meant: of the configuration, then of the rules files.
  public var diagnostics: [RulesDiagnostic]
  /// Every file that was read, so that a change of one can be noticed: the configuration first.
  public var files: [String]

  /// Whether it must not be used.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Loads the guard's configuration and its rules.
///
///     let loaded = GuardConfigurationLoader.load(path: "guard.yaml")
///     if loaded.hasErrors { … }
///
/// Nothing that is wrong stops the rest from being read, so that all mistakes are said at once, each with its place.
public enum GuardConfigurationLoader {
  /// Loads a file.
  /// - Complexity: linear in the file and in what the rules expand to, which is bounded.
  public static func load(path: String) -> LoadedGuard {
    let folder = ConfigurationFiles.absolute(ConfigurationFiles.folder(of: path))
    do throws(ConfigurationFiles.Unreadable) {
      let content = try ConfigurationFiles.read(path)
      return load(RulesText(name: path, bytes: content.bytes), folder: folder, mode: content.mode)
    } catch {
      var found = ConfigurationProblems(RulesText(name: path, bytes: []))
      found.error(.fileRead, "the configuration \(error.what)", at: YAMLMark(line: 1, column: 1))
      return LoadedGuard(
        configuration: GuardConfiguration(), rules: RulesLoader.load([]), diagnostics: found.all, files: [path])
    }
  }

  /// Loads a text.
  /// - Parameters:
  ///   - name: what messages call it.
  ///   - folder: what relative paths are relative to.
  public static func load(text: String, name: String = "guard.yaml", folder: String = "") -> LoadedGuard {
    load(RulesText(name: name, text), folder: folder, mode: 0o600)
  }

  private static func load(_ text: RulesText, folder: String, mode: UInt32) -> LoadedGuard {
    var reader = ConfigurationReader(text, folder: folder) { name in getenv(name).map { String(cString: $0) } }
    reader.read(mode: mode)
    let rules = RulesLoader.load(
      reader.rulesTexts, items: [RulesItems(text: text, items: reader.policies.flatMap(\.ownRules))])
    let (chosen, set) = reader.choose(rules)
    var configuration = reader.configuration
    configuration.policies = chosen
    let own = set.diagnostics.filter { $0.file == text.name }
    let others = set.diagnostics.filter { $0.file != text.name }
    let mine = (reader.found.all + own).enumerated().sorted { one, other in
      (one.element.line, one.element.column, one.offset) < (other.element.line, other.element.column, other.offset)
    }
    return LoadedGuard(
      configuration: configuration, rules: set,
      diagnostics: shown(mine.map(\.element), text, without: reader.writtenSecrets) + others,
      files: [text.name] + reader.rulesTexts.map(\.name) + reader.redactionFiles)
  }

  /// Problems with secrets of the file made unreadable in the lines that are shown. Marks stay where they are.
  private static func shown(
    _ problems: [RulesDiagnostic], _ text: RulesText, without secrets: [String]
  ) -> [RulesDiagnostic] {
    if secrets.isEmpty { return problems }
    var content = String(decoding: text.bytes, as: UTF8.self)
    for secret in secrets where !secret.isEmpty {
      content = content.split(separator: secret, omittingEmptySubsequences: false)
        .joined(separator: String(repeating: "*", count: secret.unicodeScalars.count))
    }
    let blotted = RulesText(name: text.name, content)
    return problems.map { $0.shown(from: blotted) }
  }
}
