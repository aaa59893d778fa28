import Containers
import Delivery
import Rules
import YAML

/// Reads a configuration part by part.
struct ConfigurationReader {
  var configuration = GuardConfiguration()
  var found: ConfigurationProblems
  /// The rules files as texts.
  private(set) var rulesTexts: [RulesText] = []
  /// Files of redaction rules.
  var redactionFiles: [String] = []
  /// Policies as they stand, before their rules are known.
  var policies: [PolicyDraft] = []
  /// Secrets that stand in the file itself, so that no message shows them.
  var writtenSecrets: [String] = []
  /// The names of channels, those included in which something is wrong.
  var channelNames: Set<String> = []
  let folder: String
  let environment: (String) -> String?
  private let text: RulesText

  init(_ text: RulesText, folder: String, environment: @escaping (String) -> String?) {
    self.text = text
    self.folder = folder
    self.environment = environment
    found = ConfigurationProblems(text)
  }

  /// Reads all of it.
  /// - Parameter mode: who may do what with the file.
  mutating func read(mode: UInt32) {
    let documents: [YAMLNode]
    do throws(YAMLError) { documents = try composeYAML(text.bytes) } catch {
      found.error(.yamlParse, error.message, at: error.mark)
      return
    }
    guard let document = documents.first, !document.isNull else {
      found.error(
        .yamlValidate, "there is no configuration in the file; it has at least `policies: […]`",
        at: YAMLMark(line: 1, column: 1))
      return
    }
    if documents.count > 1 {
      found.error(.yamlValidate, "there is a second document; a configuration is one", at: documents[1].start)
    }
    guard let reader = SectionReader(ConfigurationTable.root, document, &found) else { return }
    if mode & 0o022 != 0 {
      found.warning(
        reader.item, "others may write to this file, and it says what is executed as root; `chmod go-w` it",
        at: document)
    }
    readRulesFiles(reader)
    readEngines(reader)
    readCaptures(reader)
    readFlightRecorder(reader)
    if let node = reader.value("notify") { readChannels(node, reader) }
    readSpool(reader)
    readControl(reader)
    readMetrics(reader)
    if let node = reader.value("policies") { readPolicies(node, reader) }
  }

  /// A path, relative to the folder of the configuration.
  func path(_ path: String) -> String { ConfigurationFiles.path(path, in: folder) }

  private mutating func readRulesFiles(_ reader: SectionReader) {
    for (path, node) in reader.texts("rules_files", &found) {
      let full = self.path(path)
      configuration.rulesFiles.append(full)
      do throws(ConfigurationFiles.Unreadable) {
        for text in try ConfigurationFiles.rulesFiles(full) {
          if rulesTexts.contains(where: { $0.name == text.name }) {
            found.error(reader.item, "\(text.name) is read already; leave it out here", at: node)
          } else {
            rulesTexts.append(text)
          }
        }
      } catch {
        found.error(reader.item, "\(full) \(error.what)", at: node, code: .fileRead)
      }
    }
  }

  private mutating func readEngines(_ reader: SectionReader) {
    for (address, node) in reader.texts("engines", &found) {
      let full = address.contains("://") ? address : path(address)
      do throws(EngineAddresses.Unusable) {
        _ = try EngineAddresses(named: [full]) { _ in nil }
        configuration.engines.append(full)
      } catch {
        found.error(reader.item, "\(error.what); \(error.remedy)", at: node)
      }
    }
  }

  private mutating func readCaptures(_ root: SectionReader) {
    var captures = CaptureStorage()
    if let node = root.value("captures"), let reader = SectionReader(ConfigurationTable.captures, node, &found) {
      if let directory = reader.text("directory", &found) { captures.directory = path(directory) }
      captures.keepBytes = reader.size("keep_bytes", &found)
      captures.keepAge = reader.duration("keep_age", &found)
      captures.keepCount = reader.number("keep_count", 1...Int.max, &found)
      readRedaction(reader)
      if let ship = reader.value("ship") { captures.ship = readShip(ship) }
      if reader.has("ship"), let other = root.value("ship") {
        found.error(root.item, "'ship' stands in 'captures' already; leave one of them out", at: other)
      }
    }
    if captures.ship == nil, let ship = root.value("ship") { captures.ship = readShip(ship) }
    configuration.captures = captures
  }

  private mutating func readFlightRecorder(_ root: SectionReader) {
    guard let node = root.value("flight_recorder"),
      let reader = SectionReader(ConfigurationTable.flightRecorder, node, &found)
    else { return }
    configuration.flightRecorder.isWanted = true
    if let memory = reader.size("memory", atLeast: 1 << 20, &found) { configuration.flightRecorder.memory = memory }
    guard let seconds = reader.value("seconds") else { return }
    if let number = seconds.text.flatMap({ Int64($0) }), (1...86_400).contains(number) {
      configuration.flightRecorder.time = number * 1_000_000_000
    } else if let time = reader.duration("seconds", &found) {
      configuration.flightRecorder.time = time
    }
  }

  private mutating func readSpool(_ root: SectionReader) {
    guard let node = root.value("spool"), let reader = SectionReader(ConfigurationTable.spool, node, &found)
    else { return }
    if let directory = reader.text("directory", &found) { configuration.spool.directory = path(directory) }
    if let bytes = reader.size("keep_bytes", atLeast: 64 << 10, &found) { configuration.spool.bytes = bytes }
  }
}
