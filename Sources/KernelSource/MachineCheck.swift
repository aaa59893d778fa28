import CLibBPF
import EventSchema

#if canImport(Glibc)
import Glibc
#endif

/// Whether this machine can be recorded, and what is missing.
public enum MachineCheck {
  /// One thing that recording needs.
  public struct Finding: Sendable, Hashable {
    /// What was looked at.
    public let name: String
    /// Whether it is as recording needs it.
    public let isOK: Bool
    /// What was found.
    public let detail: String
    /// What to do; empty when all is well.
    public let remedy: String

    /// A finding; the remedy is dropped when all is well.
    public init(name: String, isOK: Bool, detail: String, remedy: String = "") {
      self.name = name
      self.isOK = isOK
      self.detail = detail
      self.remedy = isOK ? "" : remedy
    }
  }

  /// Looks at everything, from the cheap to the real attempt: the last finding says whether the kernel program loads
  /// and attaches. Without privileges only they and what anybody can see are looked at. Takes about a second.
  public static func run() -> [Finding] {
    let privileges = privileges()
    // The kernel answers nobody else: what it refuses then says nothing about it.
    guard privileges.isOK else { return [privileges, typeInformation()] }
    return [privileges, typeInformation(), programs(), taskStorage(), loading()]
  }

  private static func privileges() -> Finding {
    // CAP_SYS_PTRACE 19, CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39.
    let line = (ProcFile.text("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let effective = line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) } ?? 0
    func has(_ capability: UInt64) -> Bool { effective >> capability & 1 == 1 }
    let missing = [(39, "CAP_BPF"), (38, "CAP_PERFMON"), (19, "CAP_SYS_PTRACE")]
      .filter { !has($0.0) && !(has(21) && $0.0 != 19) }
      .map(\.1)
    return Finding(
      name: "privileges", isOK: missing.isEmpty,
      detail: missing.isEmpty ? (getuid() == 0 ? "root" : "capabilities") : "lacks " + missing.joined(separator: ", "),
      remedy: "run as root, or give the program these capabilities")
  }

  private static func typeInformation() -> Finding {
    let isThere = access("/sys/kernel/btf/vmlinux", R_OK) == 0
    return Finding(
      name: "kernel type information", isOK: isThere,
      detail: isThere ? "/sys/kernel/btf/vmlinux" : "/sys/kernel/btf/vmlinux is missing",
      remedy: "use a kernel built with CONFIG_DEBUG_INFO_BTF (Linux 6.1 or newer; all distributions of today have it)")
  }

  private static func programs() -> Finding {
    let status = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, nil)
    return Finding(
      name: "eBPF", isOK: status == 1,
      detail: status == 1 ? "tracing programs are allowed" : "tracing programs are refused",
      remedy: "enable CONFIG_BPF_SYSCALL, lift a lockdown, or run outside the sandbox that forbids bpf()")
  }

  private static func taskStorage() -> Finding {
    let status = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, nil)
    return Finding(
      name: "task storage", isOK: status == 1, detail: status == 1 ? "available" : "not available",
      remedy: "use Linux 5.11 or newer")
  }

  private static func loading() -> Finding {
    var options = KernelSourceOptions()
    options.ringSize = 256 << 10
    do throws(KernelSourceError) {
      var source = try KernelSource(schema: .builtIn, options: options)
      try source.start()
      for _ in 0..<5 {
        source.wait(milliseconds: 20)
        _ = source.drain()
      }
      let events = source.stop().reduce(0) { $0 + $1.count }
      return Finding(
        name: "kernel program", isOK: true, detail: "loads, attaches, and sent \(events) events in 0.1 s")
    } catch {
      let words = error.details.split(separator: "\n").suffix(3).joined(separator: " | ")
      return Finding(
        name: "kernel program", isOK: false, detail: error.message + (words.isEmpty ? "" : " (\(words))"),
        remedy: "see the findings above; recording is not possible as it is")
    }
  }
}
