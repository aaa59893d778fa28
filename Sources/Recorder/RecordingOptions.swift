import CaptureFile
import CaptureFormat
import Containers
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
  /// Bytes of capture, in all files, after which the recording ends.
  public var byteLimit: UInt64?
  /// When the recording goes on in another file.
  public var rotation = Rotation()
  /// Who the recorder becomes once it has attached itself and made the first file; the program runs as this user, too.
  public var user: UserIdentity?
  /// The recording ends when nothing is left of these; empty for no such end.
  public var targets: [RecordedTarget] = []
  /// The rows of a batch that are kept; all of them when this is not set. What the kernel cannot decide is decided here,
  /// once a batch, with what is known of containers at that moment.
  public var selection: (@Sendable (EventBatch, [ContainerInfo]) throws(RecordingError) -> [Int])?
  /// How many bytes of payload are kept of each event of a batch, where that is less than what the kernel copies; all of
  /// them when this is not set.
  public var payloadLimits: (@Sendable (EventBatch) -> [UInt32])?
  /// What takes out of events, states and all that is said of them what must not reach the disk. Filters are asked before:
  /// they see what there was.
  public var redactor: (any ContentRedactor)?
  /// Whether `selection` asks for names of containers: a batch with one that has none yet waits a little for it.
  public var selectsByContainerNames = false
  /// The containers that the recording is about; `nil` for the whole machine.
  public var containers: ContainerScope?
  /// Where container engines are asked.
  public var engines = EngineAddresses()
  /// Takes a line for people: something that does not keep the recording from going on.
  public var warn: @Sendable (String) -> Void = { _ in }
  /// What is recorded, as the capture says it: the filter behind `selection`, and the scope that the kernel decides.
  public var filterText: String?
  /// A program to run; the recording ends with it and its descendants.
  public var command: [String] = []
  /// What the capture names as its maker.
  public var writerName = "reel"

  /// A recording without limits into a capture.
  public init(output: String) { self.output = output }
}

/// When a recording ends one file and goes on in the next.
///
/// Whoever sends SIGHUP asks for the next file as well. Files are named as the first one, with a number before the
/// extension: `boot.reel`, `boot_0001.reel`.
public struct Rotation: Sendable, Hashable {
  /// Bytes of a file after which the next one begins.
  public var size: UInt64?
  /// Nanoseconds after which the next file begins.
  public var time: Int64?
  /// How many files stay; the oldest of this recording are deleted. `nil` for all.
  public var keep: Int?

  /// One file.
  public init() {}

  /// Whether something was asked for.
  public var isWanted: Bool { self != Rotation() }
}

/// How a recording went.
public struct RecordingSummary: Sendable {
  /// Where the capture is; `-` for standard output. Of several files the oldest that was kept.
  public var path: String
  /// Where the newest file is.
  public var lastPath: String
  /// How many files were written.
  public var files = 1
  /// How many of them were kept.
  public var keptFiles = 1
  /// Events in all files.
  public var events: UInt64 = 0
  /// Events that are missing or incomplete.
  public var lost: UInt64 = 0
  /// The same by cause, and definitions that had to be sent again.
  public var lostByCause: [(cause: LossCount.Cause, count: UInt64)] = []
  /// The same by cause and CPU, each from its first loss to its last.
  public var losses: [LossRecord] = []
  /// Secrets that were replaced, in all files; `nil` where none were looked for.
  public var redacted: UInt64?
  /// Bytes of all finished files.
  public var bytes: UInt64 = 0
  /// Chunks in all files.
  public var chunks: UInt64 = 0
  /// CPU time of the recorder itself, in nanoseconds.
  public var cpuTime: Int64 = 0
  /// How long the recording ran, in nanoseconds.
  public var wallTime: Int64 = 0
  /// The most memory that the recorder held, its mapped rings included.
  public var peakResidentBytes: UInt64 = 0
  /// How the program ended, if one was run.
  public var commandStatus: CommandStatus?

  /// A summary of nothing yet.
  public init(path: String) { (self.path, lastPath) = (path, path) }

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
