import CaptureFile
import Presentation
import Query
import ScapFormat
import Synchronization

/// Captures of the ecosystem, as captures: every command takes them.
enum ScapCaptures {
  /// Why the rest of a file could not be read, by what messages call it.
  private static let damages = Mutex<[String: ScapError]>([:])

  /// Whether a file begins like one: by its bytes, whatever its name is.
  static func isScap(_ input: CaptureInput) throws(CaptureError) -> Bool {
    let bytes = try input.firstBytes(4)
    return [[0x0A, 0x0D, 0x0D, 0x0A], [0x28, 0xB5, 0x2F, 0xFD]].contains(bytes) || bytes.starts(with: [0x1F, 0x8B])
  }

  /// Converts a file to a capture without a name.
  static func open(_ input: CaptureInput) throws(Failure) -> [CaptureReader] {
    do {
      let conversion = ScapConversion(
        writerName: "reel \(Reel.version)",
        options: WriterOptions(replaceExisting: true, counting: OverviewCounting(ScapSchema.builtIn.schema)))
      var bar = ProgressBar("reading \(VisibleText.of(input.name))", terminal: .progress)
      let (made, report) = try CaptureInput.temporary(name: input.name) { path in
        try input.withDescriptor { descriptor in
          try conversion.convert(descriptor: descriptor, to: path) { done in
            bar.update(done: Int(clamping: done), of: Int(clamping: input.size))
          }
        }
      }
      bar.clear()
      if let damage = report.damage { damages.withLock { $0[input.name] = damage } }
      return try made.readers()
    } catch {
      throw Failure(error, of: input.name)
    }
  }

  /// What is wrong with a capture that was made of a file, `nil` when nothing is.
  static func damage(of reader: CaptureReader) -> ErrorLine? {
    damages.withLock { $0[reader.name] }.map { ErrorLine($0, place: reader.name) }
  }
}

extension ErrorLine {
  /// What of a file could not be read.
  init(_ damage: ScapError, place: String) {
    self.init(damage.problem, place: "\(place) at byte \(damage.offset)", remedy: "what stands in front of it was read")
  }
}

extension Failure {
  /// An error about a `.scap` file, which does not know its name.
  init(_ error: any Error, of name: String) {
    guard let error = error as? ScapError else {
      self.init(error)
      return
    }
    let status =
      switch error.kind {
      case .refused: ExitStatus.refused
      case .failed: ExitStatus.failed
      case .damaged: ExitStatus.partlyReadable
      }
    let place = error.offset > 0 ? "\(name) at byte \(error.offset)" : name
    self.init(status: status, ErrorLine(error.problem, place: place, remedy: "name a .scap or a .reel file"))
  }
}
