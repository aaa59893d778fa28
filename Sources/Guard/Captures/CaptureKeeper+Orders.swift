import CaptureFormat
import Delivery
import Query

// Captures that people ask for.
extension CaptureKeeper {
  /// Begins a capture that a person asks for.
  /// - Parameter container: the full id; `nil` for the host.
  mutating func start(
    _ request: CaptureRequest, container: String?, filter: Question?, ship: ShipConfiguration?, channels: [String],
    now: Int64
  ) throws(GuardSetupError) -> CaptureRecord {
    var taking = CaptureTaking(scope: container.map { .container($0) } ?? .host)
    taking.filter = filter
    taking.snapLength = request.snapLength
    taking.maxSize = request.maxSize
    taking.redactor = redaction.redactor(writer: header.writer)
    let id = CaptureKeeper.newID(now)
    let name = CaptureName.plain("", id: id, policy: "manual", rule: "", container: container ?? "")
    let path = try store.directory.reserve(name)
    let capture = LiveCapture(id: id, path: path, taking)
    let from = now - max(request.before, 0)
    pipeline.begin(
      capture, from: from, header(for: taking, filter: request.filter, from: from), attachments: [], writer)
    let what = [
      container.map { "container \($0.prefix(12))" } ?? "the host", request.filter.map { "filter '\($0)'" },
    ].compactMap { $0 }.joined(separator: ", ")
    pipeline.annotate(
      capture,
      Annotation(
        time: now, from: now, to: now, kind: "note", author: request.author,
        text: "asked for\(request.author.isEmpty ? "" : " by \(request.author)"): \(what)"))
    let deadline = request.duration.map { now + $0 }
    live[id] = Live(capture: capture, deadline: deadline, channels: channels, ship: ship)
    awaited.begin(id)
    var record = CaptureRecord(id: id, started: from, path: path)
    record.state = .capturing
    record.container = container ?? ""
    record.ended = deadline
    store.add(record)
    return record
  }

  /// Ends a capture now.
  /// - Parameter done: gets what it is when it is finished on disk, also where it was ending already; or why it cannot be
  ///   ended.
  mutating func stop(_ id: String, _ done: @escaping AwaitedCaptures.Answer) {
    if awaited.add(done, for: id) {
      live[id]?.deadline = Int64.min
    } else if let record = store[id] {
      done(.success(record))
    } else {
      done(.failure(GuardOrderError(.unknown, "there is no capture '\(id)'")))
    }
  }
}
