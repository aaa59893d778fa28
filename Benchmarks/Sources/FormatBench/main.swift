// What captures cost: bytes, against the same events as fixed rows; time to write, read and open them; memory.
//
//     FormatBench REEL FOLDER NAME=CAPTURE[,NAME=CAPTURE]|- NAME=CAPTURE...
//     FormatBench --make CAPTURE CHUNKS
//     FormatBench --speeds NAME=CAPTURE...
//
// The third word names captures of hosts that do little. FOLDER takes temporary files, and has in `many.reel` what the second form
// makes: a capture of very many chunks. A `!` stands behind what misses its target. Samples that are
// mostly payload are held to the ratio of the rest: their bytes are those that programs read and wrote.

import Foundation

func main() throws {
  let arguments = CommandLine.arguments
  if arguments.count == 4, arguments[1] == "--make", let chunks = Int(arguments[3]) {
    return try makeCapture(arguments[2], chunks: chunks)
  }
  if arguments.count > 2, arguments[1] == "--speeds" {
    return try showSpeeds(arguments.dropFirst(2).map { try Sample(try NamedCapture($0)) })
  }
  guard arguments.count > 4 else {
    throw Failure(description: "usage: FormatBench REEL FOLDER NAME=CAPTURE[,NAME=CAPTURE]|- NAME=CAPTURE...")
  }
  let (reel, folder) = (arguments[1], arguments[2])
  let named = try arguments.dropFirst(4).map(NamedCapture.init)
  // Before this process grows: a program's greatest memory counts from before it was started.
  try showOpening(reel: reel, path: "\(folder)/many.reel")
  try showMemory(named, reel: reel)
  let samples = try named.map(Sample.init)
  try compareWithRows(samples, folder: folder)
  showShares(samples)
  if arguments[3] != "-" { try showIdle(try arguments[3].split(separator: ",").map { try NamedCapture(String($0)) }) }
  try showSpeeds(samples)
  if ProcessInfo.processInfo.environment["REEL_BENCH_LEVELS"] != nil { try compareLevels(samples, folder: folder) }
}

do {
  try main()
} catch {
  print("FormatBench: \(error)")
  exit(1)
}
