#if canImport(Glibc)
import Glibc
#endif

/// What the kernel says of a container through one of its processes, where no engine says it.
enum ProcessFacts {
  /// When the process started, and the address of its network namespace.
  static func facts(of process: Int32) -> ContainerFacts {
    var facts = ContainerFacts()
    if let started = started(process) { facts["started"] = "\(started)" }
    let own = BoundedFile.link("/proc/\(process)/ns/net")
    let hosts = BoundedFile.link("/proc/1/ns/net")
    if let own, let hosts {
      facts.set("host_network", own == hosts)
      if own != hosts, let routes = BoundedFile.text("/proc/\(process)/net/fib_trie") { facts["ip"] = address(routes) }
    }
    return facts
  }

  /// The first address of a table of routes that is the namespace's own and not of its loopback.
  static func address(_ routes: String) -> String? {
    var last: Substring?
    for line in routes.split(separator: "\n") {
      if let range = line.firstRange(of: "|-- ") {
        last = line[range.upperBound...].prefix { $0 == "." || $0.isNumber }
      } else if line.contains("/32 host LOCAL"), let last, !last.hasPrefix("127.") {
        return String(last)
      }
    }
    return nil
  }

  /// Nanoseconds of the epoch, as fine as the kernel's clock ticks.
  private static func started(_ process: Int32) -> Int64? {
    guard let stat = BoundedFile.text("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
    guard fields.count > 19, let start = Int64(fields[19]), ticks > 0, start < Int64.max / 2_000_000_000 else {
      return nil
    }
    var boot = timespec()
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    clock_gettime(CLOCK_REALTIME, &now)
    let offset = (Int64(now.tv_sec) - Int64(boot.tv_sec)) * 1_000_000_000 + Int64(now.tv_nsec) - Int64(boot.tv_nsec)
    return offset + start * (1_000_000_000 / ticks)
  }
}
