import ArgumentParser
import CaptureFile
import Inspect
import Presentation
import Query

struct ExtractCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Writes out what processes read and wrote: files, and both directions of connections and pipes.",
    discussion: """
      Files stand below DIR/files by their paths, put together from all reads and writes that the filter selects, at the \
      places where they happened; what the capture does not hold are holes of zeros, and the report says where. Streams \
      stand in DIR/streams, one file for each direction of a descriptor; --decode also writes the bodies of HTTP \
      messages. The capture must hold the bytes: record with a --snaplen that is large enough.

      EXAMPLES:
        reel extract build.reel "proc.name = curl" -o out
        reel extract host.reel "fd.name startswith /tmp/" -o out --json
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The folder that is made for the files.", valueName: "dir"), completion: .directory)
  var output: String

  @Flag(help: "Undo chunked and gzip encoding of HTTP bodies, each into a file.")
  var decode = false

  @Flag(help: "Use a folder that exists; files in it are replaced.")
  var force = false

  @Flag(help: "Write one JSON object for each file.")
  var json = false

  @Option(help: ArgumentHelp("The most files, and the most streams, that are written: the first ones.", valueName: "n"))
  var limit = 50_000

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    try selection.requireCapture()
    if limit < 1 { throw ValidationError("--limit is less than 1") }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let filter = try selection.arguments.filter
    let schema = selected.schema
    let (from, to) = (selected.from, selected.to)
    let (files, streams) = try reading("filter") { () throws(QueryError) in
      (
        try ExtractRun(schema: schema, filter: filter, from: from, to: to, limit: limit),
        try StreamRun(schema: schema, filter: filter, from: from, to: to, includesFiles: false, limit: limit)
      )
    }
    var folder = try ExtractionFolder(output, force: force)
    var bar = ProgressBar("reading", terminal: .progress)
    let state = selected.readers.first { !$0.states.isEmpty }.flatMap { reader in
      reader.states.first.map { StateSource(reader, $0) }
    }
    let outcome = try await files.files(
      over: selected.source, state: state, parallelism: processors.cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    } consume: { change in
      try folder.apply(change)
    }
    var report = try folder.finishFiles(outcome.files)
    var store = StreamStore()
    let (recorded, _, isCut) = try await streams.pieces(over: selected.source, parallelism: processors.cores) { _ in
    } consume: { piece, streams in
      try folder.append(piece, of: streams[piece.stream])
      if decode { try store.append(piece) }
      return true
    }
    report += try folder.finishStreams(recorded)
    if decode {
      for (index, stream) in recorded.enumerated() where store.count(of: index) > 0 {
        report += try folder.writeBodies(of: HTTPDialogue(index, in: store), stream, index)
      }
    }
    bar.clear()
    try ExtractReport(report, folder: output).write(asJSON: json)
    try selected.reportMissingParts(outcome.progress)
    if outcome.isCut || isCut {
      throw Failure(
        status: ExitStatus.partlyReadable,
        ErrorLine(
          "the filter is about more than \(Units.count(limit)) files or streams: the others were left out",
          place: selected.readers.first?.name, remedy: "narrow it, or raise --limit"))
    }
  }
}
