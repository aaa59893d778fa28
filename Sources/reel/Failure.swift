import ArgumentParser
import CaptureFile
import Guard
import KernelSource
import Presentation
import Query
import Recorder
import Seals

/// Why a command does not end with 0: its status and what to say.
struct Failure: Error, Hashable {
  var status: Int32
  /// `nil` when all was said.
  var line: ErrorLine?

  init(status: Int32, _ line: ErrorLine?) {
    self.status = status
    self.line = line
  }

  /// Refused before anything was done.
  static func refused(_ what: String, place: String? = nil, remedy: String? = nil) -> Failure {
    Failure(status: ExitStatus.refused, ErrorLine(what, place: place, remedy: remedy))
  }

  /// The only place where errors of the libraries become statuses and lines.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as CaptureError: self.init(error)
    case let error as QueryError: self.init(error, in: nil)
    case let error as RecordingError: self.init(error)
    case let error as KernelSourceError: self.init(error)
    case let error as OutputError: self.init(error)
    case let error as ControlError: self.init(error)
    case let error as KeyError:
      self = .refused(error.what, place: error.path, remedy: error.remedy)
    case let code as ExitCode: self.init(status: code.rawValue, nil)
    default: self.init(status: ExitStatus.failed, ErrorLine("\(error)"))
    }
  }

  init(_ error: CaptureError) {
    let status =
      switch error.kind {
      case .refused: ExitStatus.refused
      case .failed: ExitStatus.failed
      case .partlyReadable: ExitStatus.partlyReadable
      }
    var place = error.path == "-" ? "standard input or output" : error.path
    if let offset = error.offset { place += " at byte \(offset)" }
    self.init(status: status, ErrorLine(error.what, place: place, remedy: error.remedy))
  }

  /// - Parameter text: what was being read: `filter`, `format`.
  init(_ error: QueryError, in text: String?) {
    guard let excerpt = error.excerpt else {
      self.init(status: ExitStatus.refused, ErrorLine(error.message))
      return
    }
    var place = text.map { "in the \($0), " } ?? ""
    if excerpt.line > 1 { place += "line \(excerpt.line), " }
    self.init(
      status: ExitStatus.refused,
      ErrorLine("\(place)column \(excerpt.column): \(error.message)", excerpt: [excerpt.text, excerpt.mark]))
  }

  init(_ error: RecordingError) {
    switch error {
    case .kernel(let error): self.init(error)
    case .capture(let error): self.init(error)
    case .command(let message), .privileges(let message): self.init(status: ExitStatus.failed, ErrorLine(message))
    case .refused(let message, let path, let remedy):
      self.init(status: ExitStatus.refused, ErrorLine(message, place: path, remedy: remedy))
    }
  }

  init(_ error: KernelSourceError) {
    switch error.code {
    case .badOption: self.init(status: ExitStatus.refused, ErrorLine(error.message))
    case .notPermitted: self.init(status: ExitStatus.failed, ErrorLine(error.message))
    case .unsupportedKernel, .refused:
      self.init(status: ExitStatus.failed, ErrorLine(error.message, remedy: "`reel doctor` says what is missing"))
    }
  }

  /// A reader that has gone (`| head`) has what it wanted.
  init(_ error: OutputError) {
    switch error {
    case .closed: self.init(status: ExitStatus.done, nil)
    case .failed(let reason): self.init(status: ExitStatus.failed, ErrorLine(reason, place: "standard output"))
    }
  }

  /// Says it on standard error.
  /// - Returns: the status.
  func report() -> Int32 {
    if let line { StandardError.write(line.rendered(colour: Terminal.standardError.allowsColour)) }
    return status
  }
}

/// Does something with a text that the user wrote, and says of errors in which text they are.
func reading<Value>(_ text: String, _ body: () throws(QueryError) -> Value) throws(Failure) -> Value {
  do throws(QueryError) { return try body() } catch { throw Failure(error, in: text) }
}
