// Feeds mutated bytes to everything that reads bytes of others.
//
//     Fuzz TARGET [LIBFUZZER-OPTION...] [CORPUS...]     fuzz, or run the files that are named
//     Fuzz --seeds DIRECTORY                            write the corpus that fuzzing starts with
//     Fuzz --targets                                    the names of the targets
//
// `scripts/fuzz` says which options are used.

import CFuzzer

#if canImport(Glibc)
import Glibc
#endif

/// Says what is wrong and ends the program.
func fail(_ message: String) -> Never {
  let line = Array("Fuzz: \(message)\n".utf8)
  // Where even that cannot be said, the status says it.
  _ = write(STDERR_FILENO, line, line.count)
  exit(2)
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "--targets":
  for target in FuzzTarget.allCases { print(target.rawValue) }
case "--seeds":
  guard arguments.count == 3 else { fail("--seeds needs a directory") }
  do { try writeSeeds(to: arguments[2]) } catch { fail("\(error)") }
case .some(let name):
  guard let target = FuzzTarget(rawValue: name) else {
    fail("there is no target \(name), only \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
  }
  FuzzTarget.current = target
  // libFuzzer sees its own options only, and keeps the strings.
  let words = [arguments[0]] + arguments.dropFirst(2)
  var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  var count = CInt(words.count)
  let status = pointers.withUnsafeMutableBufferPointer { pointers -> CInt in
    guard var start = pointers.baseAddress else { return 2 }
    return LLVMFuzzerRunDriver(&count, &start) { data, size in
      FuzzTarget.current.run(UnsafeRawBufferPointer(start: data, count: size))
      return 0
    }
  }
  exit(status)
case nil:
  fail("which target? \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
}
