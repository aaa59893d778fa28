import ArgumentParser
import CaptureFile
import CaptureFormat
import Presentation
import Query
import Seals

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks a capture: every checksum, every reference, every index, and whether its end says what is in it.",
    discussion: """
      With --key also the seals of `reel record --seal`: that every frame is what was sealed, and that none is missing. What \
      `reel cut` took from a sealed capture is checked against the seals of that one, and what is not here is listed.

      EXIT STATUS: 0 when the capture is whole and its seals hold; 3 when it has no end or anything is wrong with it.

      EXAMPLES:
        reel verify build.reel
        reel verify build.reel --json
        openssl genpkey -algorithm ed25519 -out signing.pem
        openssl pkey -in signing.pem -pubout -out public.pem
        reel verify case.reel --key public.pem
      """)

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String

  @Option(
    help: ArgumentHelp("Check the seals with the Ed25519 key in this PEM file.", valueName: "key"), completion: .file())
  var key: String?

  @Flag(help: "Write one JSON object for each capture.")
  var json = false

  /// How many findings are told to people.
  private static let shown = 50

  func run() throws {
    let checkingKey = try key.map { (path) throws(KeyError) in try CheckingKey(path: path) }
    let output = StandardOutput()
    var isWhole = true
    for reader in try Captures.openEach(capture) {
      var seals = checkingKey.map { SealCheck($0, fileID: reader.header.fileID) }
      var bar = ProgressBar("checking", terminal: .progress)
      let result = try reader.verify(counting: OverviewCounting(reader.schema)) { done in
        bar.update(done: Int(clamping: done), of: Int(clamping: reader.size))
      } frame: { type, sequence, payload in
        seals?.take(type, sequence: sequence, payload: payload)
        // One that cannot be understood is a finding of its own.
        if type == .custody, let custody = try? reader.custody(decoding: payload) { seals?.take(custody) }
      }
      bar.clear()
      seals?.finish()
      let redacted = checkingKey == nil ? [] : try redactedFrames(of: reader, result)
      let sealed = seals.map { SealReport($0, redacted: redacted) } ?? SealReport(unchecked: reader.seals.count)
      try output.write(
        json
          ? String(decoding: object(result, reader, sealed).line, as: UTF8.self)
          : text(result, reader) + sealed.lines.map { $0 + "\n" }.joined())
      if !result.isWhole || !sealed.holds { isWhole = false }
    }
    try output.flush()
    if !isWhole { throw Failure(status: ExitStatus.partlyReadable, nil) }
  }

  /// The frames of a sealed original that are here without their secrets. Where these notes cannot be read, the damage is
  /// among the findings already; in a capture that is whole it is an error.
  private func redactedFrames(
    of reader: CaptureReader, _ result: CaptureVerification
  ) throws(CaptureError) -> Set<UInt64> {
    do throws(CaptureError) { return try RedactionReport.changedFrames(of: reader) } catch {
      if result.isWhole { throw error }
      return []
    }
  }

  private func text(_ result: CaptureVerification, _ reader: CaptureReader) -> String {
    let name = VisibleText.of(reader.name)
    var parts = [
      Units.count(result.frames, "frame"), Units.count(result.soundChunks, "chunk"),
      Units.count(Int(clamping: result.events), "event"),
    ]
    if result.soundStates > 0 { parts.append(Units.count(result.soundStates, "part of states", "parts of states")) }
    if result.lost > 0 { parts.append(Units.count(Int(clamping: result.lost), "event") + " lost") }
    let sound = parts.joined(separator: ", ")
    if result.isWhole { return "\(name): whole; \(sound)\n" }
    var lines = result.findings.prefix(VerifyCommand.shown).map { "byte \($0.offset): \(VisibleText.of($0.what))" }
    if result.findingCount > lines.count { lines.append("and \(result.findingCount - lines.count) more") }
    let damaged = result.damagedBytes > 0 ? ", \(Units.bytes(result.damagedBytes)) cannot be read" : ""
    lines.append(
      "\(name): not whole; \(Units.count(result.findingCount, "finding"))\(damaged); what is sound: \(sound)")
    if !result.isComplete || result.damagedBytes > 0 {
      lines.append("`reel recover` makes a whole capture of what is sound")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func object(
    _ result: CaptureVerification, _ reader: CaptureReader, _ sealed: SealReport
  ) -> JSONObject {
    var object = JSONObject()
    object.add("capture", reader.name)
    object.add("whole", result.isWhole)
    object.add("complete", result.isComplete)
    object.add("bytes", reader.size)
    object.add("damaged", result.damagedBytes)
    object.add("frames", result.frames)
    object.add("chunks", result.soundChunks)
    object.add("events", result.events)
    object.add("states", result.soundStates)
    object.add("lost", result.lost)
    object.add("seals", sealed.object)
    object.add("finding_count", result.findingCount)
    object.add(
      "findings",
      result.findings.map { finding in
        var object = JSONObject()
        object.add("offset", finding.offset)
        object.add("length", finding.length)
        object.add("what", finding.what)
        return object
      })
    return object
  }
}
