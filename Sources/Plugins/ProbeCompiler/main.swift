// Compiles the kernel program for every architecture and writes one Swift file with the objects in base64: a literal of
// bytes of this size takes the compiler a hundred times longer.
//
//     ProbeCompiler CLANG SOURCES WORK OUTPUT

import Foundation

struct BuildFailure: Error, CustomStringConvertible {
  let description: String
}

func run(_ executable: String, _ arguments: [String]) throws {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: executable)
  process.arguments = arguments
  try process.run()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw BuildFailure(description: "\(executable) \(arguments.joined(separator: " ")) failed")
  }
}

/// The stripper of debug information that keeps BTF: the toolchain's own, else wherever the machine has one.
func findObjcopy(beside clang: String) -> String? {
  let own = URL(fileURLWithPath: clang).deletingLastPathComponent().appendingPathComponent("llvm-objcopy").path
  let named = ["llvm-objcopy"] + (11...25).reversed().map { "llvm-objcopy-\($0)" }
  return ([own] + named.map { "/usr/bin/\($0)" }).first { FileManager.default.isExecutableFile(atPath: $0) }
}

func main() throws {
  let arguments = CommandLine.arguments
  guard arguments.count == 5 else { throw BuildFailure(description: "usage: ProbeCompiler CLANG SOURCES WORK OUTPUT") }
  let (clang, sources, work, output) = (arguments[1], arguments[2], arguments[3], arguments[4])
  let objects = [("x86", "x86_64", "imageX86"), ("arm64", "aarch64", "imageARM")]
  // Kernel headers stand in a folder of the build machine's own architecture; the types in them are the same for BPF.
  let includes = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
    .map { "/usr/include/\($0)" }
    .filter { FileManager.default.fileExists(atPath: $0) }
  guard FileManager.default.fileExists(atPath: "/usr/include/bpf/bpf_helpers.h") else {
    throw BuildFailure(
      description: "/usr/include/bpf/bpf_helpers.h is missing: run scripts/setup (it installs libbpf-dev)")
  }

  var text = "// Made by ProbeCompiler from Sources/Probe; not to be edited.\n"
  for (macro, architecture, name) in objects {
    let object = "\(work)/reel-\(architecture).o"
    try run(
      clang,
      ["-target", "bpf", "-O2", "-g", "-mcpu=v3", "-Wall", "-Werror", "-D__TARGET_ARCH_\(macro)"]
        + includes.flatMap { ["-I", $0] } + ["-c", "\(sources)/reel.bpf.c", "-o", object])
    if let objcopy = findObjcopy(beside: clang) { try run(objcopy, ["--strip-debug", object]) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: object))
    text += "\n/// The kernel program for \(architecture), an ELF object in base64.\n"
    text += "let \(name): StaticString = \"\(bytes.base64EncodedString())\"\n"
  }
  try text.write(toFile: output, atomically: true, encoding: .utf8)
}

do {
  try main()
} catch {
  FileHandle.standardError.write(Data("error: \(error)\n".utf8))
  exit(1)
}
