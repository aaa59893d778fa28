import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// What stands between the front and the tail of a capture.
public enum Content: Sendable {
  /// A chunk of events.
  case chunk(EventBatch)
  /// Events that were lost.
  case loss(LossRecord)
  /// A part of a state.
  case state(MachineState)
  /// What became known of containers.
  case containers([ContainerInfo])
  /// A file that is kept with the capture.
  case attachment(AttachedFile)
  /// A remark on some of the events.
  case annotation(Annotation)
  /// A signature over the frames before.
  case seal(Seal)
  /// Which frames of a sealed capture these are.
  case custody(Custody)
  /// Counters in buckets of time: part of the tail.
  case rollup(Rollup)
  /// A frame that says nothing to a reader of this version.
  case other
}

/// What a reader must find in a file, in the form of `formats/conformance/README.md`.
public struct Contents {
  /// What the header says.
  public var header: CaptureHeader
  /// Whether the file has its footer.
  public var isComplete: Bool
  /// Bytes of frames that do not hold, and those that belong to no frame.
  public var damagedBytes: Int
  /// The frames that hold: sequence number and type.
  public var frames: [(sequence: Int, type: UInt16)]
  /// What is in those.
  public var content: [Content]

  /// What is found in a file.
  public init(
    header: CaptureHeader, isComplete: Bool, damagedBytes: Int, frames: [(sequence: Int, type: UInt16)],
    content: [Content]
  ) {
    (self.header, self.isComplete, self.damagedBytes) = (header, isComplete, damagedBytes)
    (self.frames, self.content) = (frames, content)
  }

  /// All of it.
  public var rendered: [String: JSONValue] {
    var chunks: [JSONValue] = []
    var events: [JSONValue] = []
    var losses: [JSONValue] = []
    var states: [JSONValue] = []
    var totals = Totals(header)
    var lost: UInt64 = 0
    var said: [String: [JSONValue]] = ["attachments": [], "annotations": [], "seals": [], "custody": [], "rollups": []]
    for item in content {
      switch item {
      case .chunk(let batch):
        totals.add(batch)
        chunks.append(.object(batch.renderedRanges))
        events += batch.rendered
      case .loss(let loss):
        totals.ended = max(totals.ended, loss.to)
        lost += loss.count
        losses.append(loss.rendered)
      case .state(let state):
        states.append(.object(state.rendered))
      case .containers(let containers): for container in containers { totals.add(container) }
      case .attachment(let attachment): said["attachments"]?.append(attachment.rendered)
      case .annotation(let annotation): said["annotations"]?.append(annotation.rendered)
      case .seal(let seal): said["seals"]?.append(seal.rendered)
      case .custody(let custody): said["custody"]?.append(custody.rendered)
      case .rollup(let rollup): said["rollups"]?.append(rollup.rendered)
      case .other: continue
      }
    }
    let members: [String: JSONValue] = [
      "refused": .bool(false), "complete": .bool(isComplete), "damaged_bytes": .integer(Int64(damagedBytes)),
      "header": .object(header.rendered),
      "frames": .array(
        frames.map { .array([.integer(Int64($0.sequence)), .text(FrameType(rawValue: $0.type).digits)]) }),
      "chunks": .array(chunks), "events": .array(events), "lost": .integer(Int64(lost)), "losses": .array(losses),
      "states": .array(states), "totals": .object(totals.rendered),
      "types": .object(totals.types.mapValues { .integer($0) }), "containers": .array(totals.renderedContainers),
    ]
    return members.merging(said.mapValues { .array($0) }) { _, new in new }
  }
}

extension FrameType {
  /// Four hexadecimal digits, as the document writes types.
  var digits: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension CaptureHeader {
  /// The header by the names of its members; texts that are empty or not there are left out.
  public var rendered: [String: JSONValue] {
    let members: [String: JSONValue] = [
      "file_id": .text(hexadecimal(fileID)), "session_id": .text(hexadecimal(sessionID)), "version": .integer(1),
      "latency": .text("\(latencyMode)"), "file_index": .integer(Int64(fileIndex)), "started": .integer(started),
      "boot_time": .integer(bootTime), "cpus": .integer(Int64(cpuCount)), "snaplen": .integer(Int64(snapLength)),
    ]
    let texts = [
      "hostname": hostname, "kernel": kernelRelease, "architecture": architecture, "writer": writer, "filter": filter,
      "command": command,
    ]
    let known = texts.compactMapValues { $0 == "" ? nil : $0 }
    return members.merging(known.mapValues { .text($0) }) { _, new in new }
  }
}

extension LossRecord {
  /// The loss by the names of its members.
  public var rendered: JSONValue {
    .object([
      "cause": .text(cause.name), "cpu": .number(cpu.map { Int64($0) }), "count": .integer(Int64(count)),
      "from": .number(from.present), "to": .number(to.present),
    ])
  }
}

extension MachineState {
  /// The part and its rows.
  public var rendered: [String: JSONValue] {
    [
      "time": .integer(time), "reason": .text("\(reason)"), "part": .integer(Int64(part)), "last": .bool(isLast),
      "rows": .array(rows.rendered),
    ]
  }
}

extension EventBatch {
  /// What the head of the chunk says of its events, found by looking at them, and the users that it knows.
  public var renderedRanges: [String: JSONValue] {
    let starts = (0..<count).map {
      latencies[$0] == EventBatch.missing ? exitTimes[$0] : exitTimes[$0] &- latencies[$0]
    }
    return [
      "events": .integer(Int64(count)),
      "first_number": .integer(count == 0 ? 0 : Int64(clamping: numbers[0])),
      "last_number": .integer(count == 0 ? 0 : Int64(clamping: numbers[count - 1])),
      "least_start": .integer(starts.min() ?? 0), "least_exit": .integer(exitTimes.min() ?? 0),
      "greatest_exit": .integer(exitTimes.max() ?? 0),
      "users": .array((0..<dimensions.users.count).map { .object(dimensions.rendered(dimensions.users, $0)) }),
    ]
  }
}
