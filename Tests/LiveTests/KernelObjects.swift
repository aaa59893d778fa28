import Foundation
import TestSupport

/// What is loaded into the kernel: the ids of all BPF programs, maps and links of the machine.
struct KernelObjects: Equatable, CustomStringConvertible {
  /// By kind.
  private let ids: [String: Set<String>]

  /// Asks the kernel, by a program that does nothing else.
  /// - Parameter directory: where that program is compiled to.
  static func now(_ directory: String) async throws -> KernelObjects {
    let program = "\(directory)/objects"
    if !FileManager.default.isExecutableFile(atPath: program) {
      try source.write(toFile: "\(program).c", atomically: false, encoding: .utf8)
      let compiled = try await Command("clang", "-O1", "-Wall", "-Werror", "-o", program, "\(program).c").run()
      guard compiled.status == 0 else { throw NotReached(description: "cannot compile: \(compiled.errorText)") }
    }
    let result = try await Command(program).run()
    guard result.status == 0 else { throw NotReached(description: "cannot list: \(result.errorText)") }
    var ids: [String: Set<String>] = [:]
    for line in result.lines {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 2 { ids[words[0], default: []].insert(words[1]) }
    }
    return KernelObjects(ids: ids)
  }

  /// What is here and was not there.
  func subtracting(_ other: KernelObjects) -> KernelObjects {
    KernelObjects(ids: ids.merging(other.ids) { $0.subtracting($1) }.filter { ids[$0.key] != nil && !$0.value.isEmpty })
  }

  /// What is here and there.
  func intersection(_ other: KernelObjects) -> KernelObjects {
    KernelObjects(
      ids: ids.reduce(into: [:]) { both, kind in
        let shared = kind.value.intersection(other.ids[kind.key] ?? [])
        if !shared.isEmpty { both[kind.key] = shared }
      })
  }

  var isEmpty: Bool { ids.isEmpty }

  /// How many kinds there are something of.
  var kinds: Set<String> { Set(ids.keys) }

  var description: String { ids.map { "\($0.value.count) \($0.key)" }.sorted().joined(separator: ", ") }

  private static let source = """
    #include <linux/bpf.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static void list(int command, const char *kind) {
      union bpf_attr attr;
      memset(&attr, 0, sizeof attr);
      while (syscall(SYS_bpf, command, &attr, sizeof attr) == 0) {
        printf("%s %u\\n", kind, attr.next_id);
        attr.start_id = attr.next_id;
      }
    }
    int main(void) {
      list(BPF_PROG_GET_NEXT_ID, "programs");
      list(BPF_MAP_GET_NEXT_ID, "maps");
      list(BPF_LINK_GET_NEXT_ID, "links");
      return 0;
    }
    """
}
