import ArgumentParser
import CaptureFile
import Presentation
import Query
import Rules

struct RulesRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Asks rules of captures: what would have been told, had the rules been there.",
    discussion: """
      An alert is a line as Falco writes it, or with --json an object in Falco's shape; its evt.num is the number that \
      `reel events CAPTURE "evt.num = N"` shows.

      EXAMPLES:
        reel rules run host.reel -r falco_rules.yaml
        reel rules run host.reel -r falco_rules.yaml --json --from -1h
        reel rules run captures/ -r falco_rules.yaml my_rules.yaml --count
        reel rules run host.reel -r falco_rules.yaml --report tags --tag NIST_800-53_AC-2
        reel rules run host.reel -r my_rules.yaml --profile
      """)

  /// What is shown instead of alerts.
  enum Report: String, ExpressibleByArgument, CaseIterable {
    case tags, rules
  }

  @Argument(
    help: ArgumentHelp("A capture, or a directory of them; - is standard input.", valueName: "capture"),
    completion: .file())
  var captures: [String] = []

  @OptionGroup var options: RuleOptions

  @OptionGroup var window: WindowOptions

  @Option(
    help: ArgumentHelp(
      "Of the rules that match an event, the first alone or all. (default: first; for reports all)",
      valueName: "first|all"))
  var matching: RuleMatching?

  @Flag(help: "Instead of alerts, how many of them each rule gives.")
  var count = false

  @Flag(help: "Instead of alerts, how many of them each rule gives, and what that costs.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "Instead of alerts, for each tag or rule whether it fired, was quiet, or cannot be judged.",
      valueName: "tags|rules"))
  var report: Report?

  @Flag(help: "Write one JSON object for each alert, rule or tag.")
  var json = false

  @Flag(help: "Times of alerts with the date, in ISO 8601 and UTC.")
  var iso = false

  @Option(help: ArgumentHelp("Text with %fields that is appended to the output of each rule.", valueName: "text"))
  var append: String?

  @Option(help: ArgumentHelp("What is left out of JSON: output, output_fields, tags.", valueName: "name,…"))
  var jsonWithout: FieldNames?

  @Option(help: ArgumentHelp("The most alerts wanted.", valueName: "n"))
  var limit: Int?

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    if captures.isEmpty, options.captures.isEmpty {
      throw ValidationError("name a capture: `reel rules run FILE -r RULES`")
    }
    if options.rulesFiles.isEmpty { throw ValidationError("name a rules file: -r FILE") }
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if [count, profile, report != nil].count(where: { $0 }) > 1 {
      throw ValidationError("--count, --profile and --report exclude each other")
    }
    let known = ["output", "output_fields", "tags"]
    if let other = jsonWithout?.names.first(where: { !known.contains($0) }) {
      throw ValidationError("--json-without takes \(known.joined(separator: ", ")), not '\(other)'")
    }
  }

  func run() async throws {
    let set = try RulesFiles.load(options.rulesFiles)
    let rules = options.selection.rules(of: set)
    if rules.isEmpty { throw Failure.refused("no rule is left to ask", remedy: "`reel rules list` shows them") }
    if let append {
      try reading("text of --append") { () throws(QueryError) in try LineFormat.check("*" + append) }
    }
    let selected = try Selection(captures: captures + options.captures, filter: nil, window: window)
    let matching = matching ?? (report == nil && !profile ? .first : .all)
    let engine = try RuleEngine(rules, schema: selected.schema, matching: matching)
    let printer = try AlertPrinter(engine, schema: selected.schema, time: iso ? .iso8601 : .clock, more: append ?? "")
    let run = RuleRun(
      engine, printer, over: selected.source, from: selected.from, to: selected.to, parallelism: processors.cores,
      isProfiling: profile)
    let progress: ScanProgress
    if count || profile || report != nil {
      progress = try await summarise(run, selected, set)
    } else {
      progress = try await tell(run, selected)
    }
    try selected.reportMissingParts(progress)
  }

  private func tell(_ run: RuleRun<CaptureSource>, _ selected: Selection) async throws -> ScanProgress {
    let output = StandardOutput()
    var form = AlertJSON()
    form.without = Set(jsonWithout?.names ?? [])
    let isTerminal = Terminal.standardOutput.isTerminal
    let rules = run.engine.rules
    let names = selected.readers.map(\.name)
    let source = selected.source
    var bar = ProgressBar("reading", terminal: .progress)
    var left = limit ?? Int.max
    var line: [UInt8] = []
    let result = try await run.run(capture: { source.capture(ofChunk: $0) }) { alert, capture, progress in
      if left <= 0 { return false }
      left -= 1
      line.removeAll(keepingCapacity: true)
      if json {
        form.append(alert, of: rules[alert.rule], more: [("capture.path", names[capture])], to: &line)
      } else {
        line = isTerminal ? Array(VisibleText.of(alert.text).utf8) : alert.text
        line.append(UInt8(ascii: "\n"))
      }
      try output.write(line[...])
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
      return left > 0
    }
    bar.clear()
    try output.flush()
    return result.progress
  }

  private func summarise(
    _ run: RuleRun<CaptureSource>, _ selected: Selection, _ set: RuleSet
  ) async throws -> ScanProgress {
    var bar = ProgressBar("reading", terminal: .progress)
    let result = try await run.count { bar.update(done: $0.chunksRead, of: $0.chunksToRead) }
    bar.clear()
    let rules = run.engine.rules
    let output = StandardOutput()
    if let report {
      let judged = RulesReport(run.engine, result.counts, selected, skipped: set.rules.filter { $0.skipped != nil })
      try output.write(report == .tags ? judged.tags(json: json) : judged.rules(json: json))
    } else {
      try output.write(RuleCounts.rendered(rules, result, isProfile: profile, json: json))
    }
    try output.flush()
    return result.progress
  }
}

extension RuleMatching: ExpressibleByArgument {}
