import CaptureFormat
import EventBatch
import EventSchema
import Query
import Testing

/// Fields that only some events carry, and fields of containers that frames tell of.
struct CarriedFieldTests {
  private static let containerID = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e"

  private static let containers = [
    ContainerInfo(
      id: containerID, time: 7,
      texts: [
        "name": "shop", "image.id": "0815", "image.digest": "sha256:feed", "privileged": "true", "started": "400",
        "mounts": "/srv/data:/data:rw:true:rprivate,/proc:/host/proc:ro:false:rslave", "label.team": "billing",
        "label.app.kubernetes.io/name": "cart", "pod.uid": "u-1", "pod.label.app": "web", "host_pid": "false",
      ])
  ]

  static let batch = makeBatch()

  private static func makeBatch() -> EventBatch {
    var maker = BatchMaker()
    let container = maker.container(id: containerID, name: "old", image: "registry:5000/lib/nginx:1.17@sha256:abcd")
    let image = maker.image(exe: "app", path: "/app", environment: ["A=1", "PATH=/bin"])
    let initImage = maker.image(exe: "init", path: "/init", environment: ["A=0", "B=2"])
    maker.dimensions.images[Int(image), .changeTime] = 700
    let first = maker.lineage(
      tid: 50, comm: "init", image: initImage,
      columns: [.virtualPid: 1, .pidNamespace: 9, .processStartTime: 500, .container: container])
    let process = maker.lineage(
      parent: first, tid: 60, comm: "app", image: image,
      columns: [
        .virtualPid: 7, .pidNamespace: 9, .processStartTime: 900, .descriptorLimit: 200, .container: container,
      ])
    let log = maker.object(.unixSocket, name: "/dev/log")
    let datagram = maker.socket(
      .ipv4Socket, local: ([10, 0, 0, 1], 5000), remote: ([10, 0, 0, 2], 53), role: .client, transport: 17)
    let stream = maker.socket(.ipv4Socket, local: ([10, 0, 0, 1], 5001), remote: ([10, 0, 0, 2], 80), role: .client)
    // 0
    maker.event(
      "process_sample", at: 1000, lineage: process,
      [
        "cpu_time": .integer(90_000_000), "cpu_used": .integer(125_000_000), "vm_size": .integer(10_240),
        "vm_rss": .integer(2048), "vm_swap": .integer(4), "threads": .integer(3), "fds": .integer(50),
      ])
    // 1
    maker.event(
      "switch", at: 2000, lineage: process,
      [
        "next": .integer(5), "pgft_maj": .integer(2), "pgft_min": .integer(40), "vm_size": .integer(100),
        "vm_rss": .integer(10), "vm_swap": .integer(0), "run_time": .integer(1500),
      ])
    // 2
    maker.event(
      "sendto", at: 3000, latency: 250, lineage: process, object: log, result: 12,
      ["data": .text("<34>sshd: no"), "fd": .integer(4), "size": .integer(12)])
    // 3
    maker.event("sendto", at: 4000, lineage: process, object: datagram, result: 5, ["fd": .integer(5)])
    // 4
    maker.event("connect", at: 5000, lineage: process, object: stream, result: -115, ["fd": .integer(6)])
    // 5
    maker.event("connect", at: 6000, lineage: process, object: stream, result: -111, ["fd": .integer(6)])
    // 6
    maker.event(
      "poll", at: 1_000_007_000, lineage: process, result: 1,
      ["fds": .raw([3, 0, 0, 0, 1, 0, 1, 0, 5, 0, 0, 0, 4, 0, 0, 0, 9]), "timeout": .integer(-1), "nfds": .integer(2)])
    // 7
    maker.event("state_thread", at: 1_000_007_001, lineage: process, ["vm_size": .integer(10240)])
    return maker.finish()
  }

  @Test(arguments: [
    (0, "proc.vmsize", "10240"), (0, "proc.vmrss", "2048"), (0, "proc.vmswap", "4"), (0, "thread.vmsize", "10240"),
    (0, "thread.vmsize.b", "10485760"), (0, "thread.vmrss.b", "2097152"), (0, "proc.nthreads", "3"),
    (0, "proc.fdopencount", "50"), (0, "proc.fdusage", "25"), (0, "thread.cpu", "12.5"),
    (0, "evt.count.procinfo", "1"), (0, "evt.count.threadinfo", "1"), (0, "thread.pfmajor", "<NA>"),
    (0, "thread.exectime", "<NA>"), (1, "thread.exectime", "1500"), (1, "thread.pfmajor", "2"),
    (1, "thread.pfminor", "40"), (1, "proc.vmsize", "100"), (1, "thread.vmsize.b", "102400"),
    (1, "proc.nthreads", "<NA>"), (1, "evt.count.procinfo", "<NA>"), (2, "proc.vmsize", "<NA>"),
    (7, "proc.vmsize", "10"), (7, "thread.vmsize.b", "10240"), (2, "syslog.facility", "4"),
    (2, "syslog.facility.str", "auth"), (2, "syslog.severity", "2"),
    (2, "syslog.severity.str", "crit"), (2, "syslog.message", "sshd: no"), (3, "syslog.message", "<NA>"),
    (2, "fd.types", "unix"), (2, "fd.types[4]", "unix"), (2, "fd.types[0]", "<NA>"), (6, "fd.types", "<NA>"),
    (2, "fd.name_changed", "false"), (3, "fd.name_changed", "true"), (4, "fd.name_changed", "true"),
    (5, "fd.name_changed", "false"), (6, "fd.name_changed", "<NA>"), (6, "fdlist.nums", "3,5"),
    (6, "evt.arg.fds", "3:POLLIN 5:0"), (2, "fdlist.nums", "<NA>"), (0, "evt.is_async", "false"),
    (0, "proc.pidns_init_start_ts", "500"), (0, "proc.exe_ino.ctime_duration_pidns_start", "200"),
    (0, "proc.aenv[1]", "A=0 B=2"), (0, "proc.aenv[B]", "2"), (0, "proc.aenv[PATH]", "<NA>"),
    (0, "proc.env[PATH]", "/bin"), (0, "evt.around[1000]", "0"), (0, "evt.around[1001000]", "1"),
    (0, "evt.around[1001001]", "2"), (0, "container.name", "shop"), (0, "container.image.id", "0815"),
    (0, "container.image.digest", "sha256:feed"), (0, "container.image.tag", "1.17"),
    (0, "container.privileged", "true"), (0, "container.host_pid", "false"), (0, "container.host_ipc", "<NA>"),
    (0, "container.start_ts", "400"), (0, "container.duration", "600"),
    (0, "container.mounts", "/srv/data:/data:rw:true:rprivate,/proc:/host/proc:ro:false:rslave"),
    (0, "container.mount[1]", "/proc:/host/proc:ro:false:rslave"), (0, "container.mount[2]", "<NA>"),
    (0, "container.mount[/srv*]", "/srv/data:/data:rw:true:rprivate"),
    (0, "container.mount.dest[/proc*]", "/host/proc"),
    (0, "container.mount.source[/data]", "/srv/data"), (0, "container.mount.mode[/proc]", "ro"),
    (0, "container.mount.rdwr[0]", "true"), (0, "container.mount.propagation[/proc]", "rslave"),
    (0, "container.mount.dest[/etc]", "<NA>"), (0, "container.label.team", "billing"),
    (0, "container.label[app.kubernetes.io/name]", "cart"), (0, "container.label.none", "<NA>"),
    (0, "container.labels", "app.kubernetes.io/name:cart, team:billing"), (0, "k8s.pod.id", "u-1"),
    (0, "k8s.pod.uid", "u-1"), (0, "k8s.pod.label.app", "web"), (0, "k8s.pod.labels", "app:web"),
    (0, "k8s.ns.labels", "<NA>"),
  ])
  func text(row: Int, field: String, expected: String) async throws {
    let context = ScanContext(zone: .utc, containers: Self.containers)
    let found = try await values([field], of: Self.batch, context: context)
    #expect(found[row][0].text == expected)
  }

  /// What the row says counts where no frame says anything.
  @Test func containersWithoutFrames() async throws {
    let found = try await values(["container.name", "container.privileged", "container.image.digest"], of: Self.batch)
    #expect(found[0].map(\.text) == ["old", "<NA>", "sha256:abcd"])
  }

  /// `evt.around` selects what is near, in milliseconds.
  @Test(arguments: [
    ("evt.around[1000] = 0", 1), ("evt.around[3000] = 0", 1), ("evt.around[3000] = 1", 6), ("evt.around[0] = 1001", 8),
    ("evt.around[1000] = 1000", 6), ("not evt.around[3000] = 1", 2), ("evt.around[3000] = 9223372036854775807", 8),
    ("evt.around[3000] = 1 and evt.type = connect", 2), ("thread.cpu > 12", 1), ("thread.cpu >= 12.6", 0),
    ("proc.vmrss >= 10 and proc.vmrss < 2048", 1), ("container.label.team = billing", 8),
    ("container.privileged = true and fd.name_changed = true", 2), ("fd.types intersects (unix)", 1),
  ])
  func selection(filter: String, count: Int) async throws {
    let question = try Question(filter: filter, schema: .builtIn)
    let context = ScanContext(zone: .utc, containers: Self.containers)
    #expect(question.select(from: Self.batch, context: context).count == count)
  }

  @Test(arguments: [
    ("clock", "00:00:00.000003000|00:00:00.000004000"), ("epoch", "0.000003000|0.000004000"),
    ("relative", "0.000002000|0.000003000"), ("delta", "0.000001000|0.000001000"), ("latency", "0.000000250|<NA>"),
  ])
  func shownTimes(style: String, expected: String) throws {
    let format = try LineFormat(
      "*%evt.outputtime", schema: .builtIn, time: try #require(EventTimeStyle(rawValue: style)))
    let printer = EventPrinter(format: format, style: .text, schema: .builtIn)
    let lines = printer.lines(for: Self.batch, context: ScanContext(start: 1000, zone: .utc))
    let text = String(decoding: lines.text, as: UTF8.self).split(separator: "\n")
    #expect(text[2...3].joined(separator: "|") == expected)
  }

  /// A value with a comma is quoted; a missing one is empty.
  @Test func commaSeparatedValues() throws {
    let format = try LineFormat("*%evt.num %fdlist.nums %thread.cpu %proc.name", schema: .builtIn)
    let printer = EventPrinter(format: format, style: .csv, schema: .builtIn)
    let lines = printer.lines(for: Self.batch)
    let text = String(decoding: printer.heading + lines.text, as: UTF8.self).split(separator: "\n")
    #expect(text[0] == "evt.num,fdlist.nums,thread.cpu,proc.name")
    #expect(text[1] == "1,,12.5,app")
    #expect(text[7] == "7,\"3,5\",,app")
  }
}
