import ArgumentParser
import Recorder

/// When `record` goes on in another file.
struct RotationOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Go on in the next file when one has this size.", valueName: "size"))
  var rotateSize: ByteSize?

  @Option(help: ArgumentHelp("Go on in the next file after this time.", valueName: "duration"))
  var rotateTime: TimeSpan?

  @Option(help: ArgumentHelp("Keep this many files: delete the oldest of this recording.", valueName: "n"))
  var keep: Int?

  func validate() throws {
    if rotateSize?.bytes == 0 { throw ValidationError("--rotate-size must be more than 0") }
    if rotateTime?.nanoseconds == 0 { throw ValidationError("--rotate-time must be more than nothing") }
    if let keep, keep < 1 { throw ValidationError("--keep must be 1 or more") }
  }

  var rotation: Rotation {
    var rotation = Rotation()
    rotation.size = rotateSize.map { UInt64($0.bytes) }
    rotation.time = rotateTime?.nanoseconds
    rotation.keep = keep
    return rotation
  }
}
