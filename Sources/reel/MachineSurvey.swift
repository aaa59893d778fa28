import KernelSource
import Presentation

#if canImport(Glibc)
import Glibc
#endif

/// What `doctor` looks at besides the kernel's features.
enum MachineSurvey {
  /// Whether there is memory for the rings of all CPUs.
  static func ringMemory() -> MachineCheck.Finding {
    let cpus = max(sysconf(Int32(_SC_NPROCESSORS_CONF)), 1)
    let needed = Int64(cpus) * Int64(KernelSourceOptions().ringSize)
    let detail = "\(Units.bytes(needed)) for the rings of \(Units.count(cpus, "CPU"))"
    guard let available = availableMemory() else {
      return MachineCheck.Finding(name: "memory", isOK: true, detail: detail + "; what is free is not known")
    }
    return MachineCheck.Finding(
      name: "memory", isOK: available > 2 * needed, detail: detail + ", \(Units.bytes(available)) are free",
      remedy: "free some memory, or record with a smaller --buffer")
  }

  /// `MemAvailable` of the kernel: what can be had without swapping.
  private static func availableMemory() -> Int64? {
    TextFile.read("/proc/meminfo").flatMap { memAvailable(in: $0) }
  }

  static func memAvailable(in text: String) -> Int64? {
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// The container engines whose sockets are there.
  static func engines() -> MachineCheck.Finding {
    let sockets = [
      ("Docker", "/var/run/docker.sock"), ("Podman", "/run/podman/podman.sock"),
      ("containerd", "/run/containerd/containerd.sock"), ("CRI-O", "/run/crio/crio.sock"),
    ]
    let found = sockets.filter { access($0.1, F_OK) == 0 }.map { "\($0.0) (\($0.1))" }
    return MachineCheck.Finding(
      name: "container engines", isOK: !found.isEmpty,
      detail: found.isEmpty ? "no engine's socket at the usual places" : found.joined(separator: ", "),
      remedy: "")
  }
}

/// A small file of the kernel's, as text.
enum TextFile {
  /// The first 4 KiB; `nil` when the file cannot be read.
  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
