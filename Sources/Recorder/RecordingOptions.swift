import CaptureFile
import EventBatch
import KernelSource

/// What a recording takes in, where it goes, and when it ends.
public struct RecordingOptions: Sendable {
  /// Where the capture goes; `-` is standard output.
  public var output: String
  /// How the kernel is recorded.
  public var source = KernelSourceOptions()
  /// How the capture is written.
  public var writer = WriterOptions()
  /// Nanoseconds after which the recording ends.
  public var duration: Int64?
  /// Events after which the recording ends.
  public var eventLimit: UInt64?
  /// Bytes of capture after which the recording ends.
  public var byteLimit: UInt64?
  /// The rows of a batch that are kept; all of them when this is not set. What the kernel cannot decide is decided here,
  /// once a batch.
  public var selection: (@Sendable (EventBatch) throws(RecordingError) -> [Int])?
  /// The filter behind `selection`, as the capture says it.
  public var filterText: String?
  /// A program to run; the recording ends with it and its descendants.
  public var command: [String] = []
  /// What the capture names as its maker.
  public var writerName = "reel"

  /// A recording without limits into a capture.
  public init(output: String) { self.output = output }
}

/// How a recording went.
public struct RecordingSummary: Sendable {
  /// Where the capture is; `-` for standard output.
  public var path: String
  /// Events in the capture.
  public var events: UInt64 = 0
  /// Events that are missing or incomplete.
  public var lost: UInt64 = 0
  /// The same by cause, and definitions that had to be sent again.
  public var lostByCause: [(cause: LossCount.Cause, count: UInt64)] = []
  /// Bytes of the finished capture.
  public var bytes: UInt64 = 0
  /// Chunks in the capture.
  public var chunks: UInt64 = 0
  /// CPU time of the recorder itself, in nanoseconds.
  public var cpuTime: Int64 = 0
  /// How long the recording ran, in nanoseconds.
  public var wallTime: Int64 = 0
  /// The most memory that the recorder held, its mapped rings included.
  public var peakResidentBytes: UInt64 = 0
  /// How the program ended, if one was run.
  public var commandStatus: CommandStatus?

  /// Bytes of capture for each event, 0 without events.
  public var bytesPerEvent: Double { events == 0 ? 0 : Double(bytes) / Double(events) }
}

/// How a child process ended.
public enum CommandStatus: Sendable, Hashable {
  case exited(Int32)
  case signaled(Int32)

  /// What a shell would say: the exit code, or 128 and the signal.
  public var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    }
  }
}
