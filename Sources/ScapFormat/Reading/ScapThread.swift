/// What is known of a thread while a file is read.
///
/// One object a thread, not an event: events find it by its id and change it.
final class ScapThread {
  let tid: Int64
  var pid: Int64
  var parent: Int64
  var virtualTid = ScapThread.unknown
  var virtualPid = ScapThread.unknown
  /// What it passes on to those that it makes.
  var state = State()
  /// Portable bits of `clone_flags`.
  @exclusivity(unchecked) var flags: UInt32 = 0
  /// When it was made, in nanoseconds of the epoch.
  var startTime: Int64 = ScapThread.unknown
  /// Its own descriptors; those of the main thread apply where threads share them.
  @exclusivity(unchecked) var descriptors = ScapDescriptors()
  /// The descriptor that its last call was about.
  @exclusivity(unchecked) var lastDescriptor: Int64 = -1
  /// Made from the return of the child, before that of the parent was seen.
  var wasMadeByChild = false
  /// No list and no event told of its making.
  var isInvented = false
  /// Nothing is known but its id: it was only named, and did nothing.
  @exclusivity(unchecked) var isBare = false

  // The call that it is in.
  @exclusivity(unchecked) var enter = ScapEnter()

  // Where it stands in the dimensions; see `ScapStar`.
  @exclusivity(unchecked) var threadRow: UInt32 = 0
  @exclusivity(unchecked) var threadGeneration: UInt32 = 0
  @exclusivity(unchecked) var lineage: UInt32 = 0
  var rowMainVersion: UInt32 = 0
  var lineageParent: UInt32 = .max
  var lineageLeaders: (UInt32, UInt32) = (.max, .max)
  @exclusivity(unchecked) var lineageEpoch: UInt32 = 0
  var lineageGeneration: UInt32 = 0
  var lineageThreadRow: UInt32 = .max
  var isBeingLookedAt = false
  /// Grows with each change: rows of the other threads of the process tell some of this one.
  private(set) var version: UInt32 = 0

  /// Stands for what is not known, as in batches.
  static let unknown = Int64.min

  /// What a child has from its parent until it changes it.
  struct State {
    // What older files do not tell is what the tools of their time show then.
    var session: Int64 = -1
    var virtualGroup: Int64 = -1
    var loginUid: Int64 = 0
    var tty: Int64 = 0
    var uid: Int64 = 0xFFFF_FFFF
    var gid: Int64 = 0xFFFF_FFFF
    var group: Int64 = ScapThread.unknown
    var comm: [UInt8] = []
    var exe: [UInt8] = []
    var executablePath: [UInt8] = []
    /// Each followed by a NUL.
    var arguments: [UInt8] = []
    /// Likewise; that of the main thread applies.
    var environment: [UInt8] = []
    var cgroups: [UInt8] = []
    /// The full id of its container, empty on the host.
    var container: [UInt8] = []
    /// `nil` when nothing told of it; empty when the recorder said that it did not know it.
    var workingDirectory: [UInt8]?
    var root: [UInt8] = []
    var filename: [UInt8]?
    var descriptorLimit: Int64 = -1
    var capabilities: (inheritable: Int64, permitted: Int64, effective: Int64) = (
      ScapThread.unknown, ScapThread.unknown, ScapThread.unknown
    )
    var executable = Executable()
  }

  /// What is known of the executable.
  struct Executable: Hashable {
    var inode = ScapThread.unknown
    var changeTime = ScapThread.unknown
    var modificationTime = ScapThread.unknown
    /// Portable bits of `execve_flags`; unknown where the file does not say.
    var flags = ScapThread.unknown
  }

  init(tid: Int64, pid: Int64, parent: Int64) {
    self.tid = tid
    self.pid = pid
    self.parent = parent
  }

  var isMain: Bool { tid == pid }

  /// Whether the main thread's descriptors are its own.
  var sharesDescriptors: Bool { flags & ScapCloneFlags.files != 0 }

  /// Says that something changed that the thread's row tells.
  func change() {
    threadGeneration = 0
    version &+= 1
  }
}

/// The portable values of `clone_flags` that matter here.
enum ScapCloneFlags {
  static let files: UInt32 = 0x1
  static let fileSystem: UInt32 = 0x2
  static let thread: UInt32 = 0x2000
  static let childInNamespace: UInt32 = 0x2000_0000
}
