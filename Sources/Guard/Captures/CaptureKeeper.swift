import CaptureFile
import CaptureFormat
import Delivery
import Dispatch
import Query
import Recorder
import Rules

/// The captures that are under way: begins, extends and ends them. Belongs to the thread that drains.
///
/// There may be any number: each has a scope, a filter and an end of its own. A later match of the same policy in the same
/// scope extends the capture that is there, and is listed in it.
struct CaptureKeeper {
  let pipeline: ChunkPipeline
  let store: CaptureStore
  let outlets: GuardOutlets
  /// What headers say of the machine.
  let header: CaptureHeader
  /// What must not reach the disk, for captures that begin from now on.
  var redaction: CaptureRedaction
  var live: [String: Live] = [:]
  var byKey: [Key: String] = [:]
  var writer = WriterOptions()
  let shipping = DispatchQueue(label: "reel.guard.shipping", attributes: .concurrent)
  static let ship = DispatchSemaphore(value: 4)
  /// Captures that are being ended, from the order to their tails.
  let ending = DispatchGroup()
  /// Whoever waits for captures that have no tail yet.
  let awaited = AwaitedCaptures()

  struct Key: Hashable {
    let policy: String
    /// Which of the policy's captures.
    let action: Int
    let scope: CaptureScope
  }

  struct Live {
    let capture: LiveCapture
    var key: Key?
    /// When it ends, in nanoseconds of the epoch; `nil` when somebody will stop it.
    var deadline: Int64?
    /// Rules whose text is in it.
    var rules: Set<String> = []
    let channels: [String]
    var ship: ShipConfiguration?
    var severity: UInt8?
    var triggers: UInt64 = 0
  }

  init(
    _ pipeline: ChunkPipeline, _ store: CaptureStore, _ outlets: GuardOutlets, _ header: CaptureHeader,
    redaction: CaptureRedaction = CaptureRedaction()
  ) {
    self.pipeline = pipeline
    self.redaction = redaction
    self.store = store
    self.outlets = outlets
    self.header = header
    writer.replaceExisting = true
    writer.counting = OverviewCounting(.builtIn)
  }

  /// Whether some capture is being written.
  var isCapturing: Bool { !live.isEmpty }

  /// Where a trigger's capture is.
  struct Place: Sendable {
    let id: String
    let path: String
    /// Whether the trigger began it.
    let isNew: Bool
  }

  func header(for taking: CaptureTaking, filter: String?, from: Int64) -> CaptureHeader {
    var header = header
    header.fileID = CaptureHeader.randomID()
    header.started = from
    if let snap = taking.snapLength { header.snapLength = min(snap, header.snapLength) }
    var terms: [String] = []
    switch taking.scope {
    case .host: break
    case .container(let id): terms.append("container.id = \(id.prefix(12))")
    case .tree(let process): terms.append("(proc.pid = \(process.pid) or proc.apid = \(process.pid))")
    }
    if let filter { terms.append(terms.isEmpty ? filter : "(\(filter))") }
    header.filter = terms.isEmpty ? nil : terms.joined(separator: " and ")
    return header
  }

  /// An id that sorts as time does.
  static func newID(_ now: Int64) -> String {
    let random = UInt32.random(in: 0...0xFFFF)
    let digits = String(random, radix: 16)
    return UTCText.compact(now) + "-" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
  }

  static func now() -> Int64 { EpochClock.now() }
}
