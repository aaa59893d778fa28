import ArgumentParser
import Inspect
import Presentation
import Query

struct StreamCommand: AsyncParsableCommand {
  /// How the bytes are written.
  enum Shape: String, ExpressibleByArgument, CaseIterable {
    case text, hex, raw, jsonl
  }

  /// Which way the bytes went.
  enum Way: String, ExpressibleByArgument, CaseIterable {
    case `in`, out, both
  }

  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Shows the bytes that processes read and wrote, descriptor by descriptor.",
    discussion: """
      Pieces of a descriptor stand in the order of time, so that a dialogue reads as one. What a recording's --snaplen \
      cut off is said wherever it is missing. --merge puts the pieces of all descriptors in one order.

      EXAMPLES:
        reel stream build.reel "fd.port = 80"
        reel stream build.reel "proc.name = curl and fd.type = ipv4" --decode
        reel stream build.reel "fd.name = /etc/passwd" --as hex
        reel stream build.reel "fd.num = 1 and proc.name = make" --as raw --direction out > make.log
        reel stream host.reel "container.name = web" --merge --as jsonl
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(name: .customLong("as"), help: "text, hex, raw (the bytes alone) or jsonl (one object a piece).")
  var shape: Shape = .text

  @Flag(help: "All descriptors in one order of time.")
  var merge = false

  @Option(help: "in: what was read; out: what was written; both.")
  var direction: Way = .both

  @Flag(help: "Undo chunked and gzip encoding of HTTP bodies.")
  var decode = false

  @Option(help: ArgumentHelp("The most descriptors wanted; with --merge the most pieces.", valueName: "n"))
  var limit: Int?

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    try selection.requireCapture()
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if decode, merge || shape == .jsonl || shape == .hex {
      throw ValidationError("--decode is for text and raw bytes of one descriptor after the other")
    }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let filter = try selection.arguments.filter
    let way: StreamDirection? =
      switch direction {
      case .in: .input
      case .out: .output
      case .both: nil
      }
    let run = try reading("filter") { () throws(QueryError) in
      try StreamRun(schema: selected.schema, filter: filter, from: selected.from, to: selected.to, direction: way)
    }
    var writer = try StreamWriter(shape: shape, zone: selection.window.zone)
    var bar = ProgressBar("reading", terminal: .progress)
    let progress: ScanProgress
    if merge {
      var left = limit ?? Int.max
      let (streams, done, _) = try await run.pieces(over: selected.source, parallelism: processors.cores) { progress in
        bar.update(done: progress.chunksRead, of: progress.chunksToRead)
      } consume: { piece, streams in
        if left == 0 { return false }
        left -= 1
        try writer.write(piece, of: streams[piece.stream])
        return true
      }
      bar.clear()
      try writer.finish(streams)
      progress = done
    } else {
      var store = StreamStore()
      let (streams, done, _) = try await run.pieces(over: selected.source, parallelism: processors.cores) { progress in
        bar.update(done: progress.chunksRead, of: progress.chunksToRead)
      } consume: { piece, _ in
        try store.append(piece)
        return true
      }
      bar.clear()
      for (index, stream) in streams.prefix(limit ?? Int.max).enumerated() {
        if decode {
          try writer.write(try HTTPDialogue(index, in: store), of: stream)
        } else {
          for piece in 0..<store.count(of: index) { try writer.write(try store.piece(piece, of: index), of: stream) }
        }
      }
      try writer.finish(streams)
      progress = done
    }
    try selected.reportMissingParts(progress)
  }
}
