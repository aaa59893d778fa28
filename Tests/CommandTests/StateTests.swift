import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Foundation
import Presentation
import TestSupport
import Testing

@testable import reel

/// `reel state`, and what `info` says about states and losses.
@Suite struct StateTests {
  private static let start: Int64 = 1_700_000_000_000_000_000
  private static let second: Int64 = 1_000_000_000

  /// A capture with a state of two parts at the start, and one of one part, eight seconds later.
  private func write(
    states: Int = 2, omitLastPart: Bool = false, lost: UInt64 = 0, events: (inout MachineMaker) -> Void = { _ in }
  ) throws -> String {
    let path = temporaryPath()
    var writer = try CaptureWriter(path: path, header: .test(), schema: .builtIn)
    var machine = MachineMaker()
    let time = StateTests.start
    let root = machine.process(1, "init")
    let nginx = machine.process(
      20, "nginx", parent: root, uid: 33, container: String(repeating: "ab", count: 32),
      arguments: ["-g", "daemon off;"])
    let worker = machine.process(
      20, "nginx", thread: 21, parent: root, uid: 33, container: String(repeating: "ab", count: 32),
      arguments: ["-g", "daemon off;"])
    let rows: [(inout MachineMaker) -> Void] = [
      { machine in
        machine.event(
          "state_thread", at: time, of: root,
          ["state": "sleeping", "vm_rss": 4096, "vm_size": 8192, "cpu_time": 2_000_000_000])
        machine.event(
          "state_thread", at: time, of: nginx,
          ["state": "running", "vm_rss": 1_048_576, "vm_size": 2_097_152, "cpu_time": 5000])
        machine.event(
          "state_thread", at: time, of: worker,
          ["state": "sleeping", "vm_rss": 1_048_576, "vm_size": 2_097_152, "cpu_time": 6000])
        machine.event(
          "state_descriptor", at: time, of: nginx, object: machine.file(SampleCapture.evilName),
          ["fd": 7, "cloexec": 1, "position": 512])
      },
      { machine in
        let (listening, connected) = (
          machine.socket([127, 0, 0, 1], 80), machine.socket([10, 0, 0, 1], 40000, to: [10, 0, 0, 2], 443)
        )
        machine.event("state_descriptor", at: time, of: nginx, object: listening, ["fd": 3, "cloexec": 0])
        machine.event(
          "state_socket", at: time, object: connected, ["state": "TIME_WAIT", "queued_in": 0, "queued_out": 0])
        machine.event(
          "state_mount", at: time, of: root,
          [
            "id": 22, "parent": 1, "dev": 0x801, "root": "/", "point": "/srv/data", "type": "ext4",
            "source": "/dev/sda1",
            "options": "rw,noatime", "namespace": 4_026_531_840,
          ])
        machine.event(
          "state_user", at: time, ["uid": 33, "gid": 33, "name": "www-data", "home": "/var/www", "shell": "/bin/false"])
        machine.event("state_group", at: time, ["gid": 33, "name": "www-data"])
      },
    ]
    for (part, fill) in rows.enumerated() where states > 0 && !(omitLastPart && part == 1) {
      fill(&machine)
      try writer.append(
        MachineState(time: time, reason: .start, part: UInt32(part), isLast: part == 1, rows: machine.finish()))
    }
    machine.event("read", at: time + StateTests.second, of: root, result: 5, ["fd": 0, "size": 5])
    events(&machine)
    try writer.append(machine.finish())
    if lost > 0 {
      let at = time + StateTests.second
      try writer.append(LossRecord(cause: .ringFull, cpu: 0, count: lost, from: at, to: at + 1))
    }
    if states > 1 {
      let later = time + 8 * StateTests.second
      machine.event("state_thread", at: later, of: root, ["state": "running"])
      try writer.append(MachineState(time: later, reason: .end, part: 0, isLast: true, rows: machine.finish()))
    }
    _ = try writer.finish()
    return path
  }

  private func json(_ path: String, _ arguments: String...) throws -> [[String: Any]] {
    let run = try CommandRun(["state", path] + arguments + ["--json"])
    #expect(run.status == 0, "\(run.error)")
    return try run.objects()
  }

  @Test func processes() throws {
    let path = try write()
    defer { removeFile(path) }
    let all = try json(path, "processes")
    #expect(all.map { $0["pid"] as? Int } == [1, 20])
    #expect(all[1]["name"] as? String == "nginx" && all[1]["ppid"] as? Int == 1)
    #expect(all[1]["state"] as? String == "running" && all[1]["threads"] as? Int == 2)
    #expect(all[1]["cpu_time"] as? Int == 11_000 && all[1]["vm_rss"] as? Int == 1_048_576)
    #expect(all[1]["command"] as? String == "nginx -g daemon off;")
    #expect(all[1]["at"] as? Int64 == StateTests.start)
    #expect(try json(path, "processes", "proc.name = init").count == 1)
    #expect(try json(path, "processes", "user.uid = 33").map { $0["pid"] as? Int } == [20])
    #expect(try json(path, "processes", "--sort", "pid", "--limit", "1").map { $0["pid"] as? Int } == [20])
    let text = try CommandRun("state", path, "processes", "--utc")
    #expect(text.lines.last == "state at 2023-11-14 22:13:20.000 UTC, when the recording began")
  }

  @Test func files() throws {
    let path = try write()
    defer { removeFile(path) }
    let all = try json(path, "files")
    #expect(all.map { $0["fd"] as? Int } == [3, 7])
    #expect(all.map { $0["file"] as? String } == ["127.0.0.1:80", SampleCapture.evilName])
    #expect(all[1]["position"] as? Int == 512 && all[0]["position"] is NSNull)
    #expect(try json(path, "files", "fd.num = 7").map { $0["fd"] as? Int } == [7])
    #expect(try json(path, "files", "fd.type = ipv4 and fd.sport = 80").map { $0["fd"] as? Int } == [3])
    let text = try CommandRun("state", path, "files").output
    #expect(text.contains("/tmp/\\e[2Jevil\\nname"))
    #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
  }

  @Test func socketsContainersUsersAndMounts() throws {
    let path = try write()
    defer { removeFile(path) }
    let sockets = try json(path, "sockets")
    #expect(sockets.map { $0["state"] as? String } == ["LISTEN", "TIME_WAIT"])
    #expect(sockets[0]["local_port"] as? Int == 80 && sockets[0]["pid"] as? Int == 20 && sockets[0]["fd"] as? Int == 3)
    #expect(sockets[1]["connection"] as? String == "10.0.0.1:40000->10.0.0.2:443" && sockets[1]["pid"] is NSNull)
    let containers = try json(path, "containers")
    #expect(containers.map { $0["id"] as? String } == ["abababababab"])
    #expect(containers[0]["processes"] as? Int == 1 && containers[0]["threads"] as? Int == 2)
    #expect(containers[0]["vm_rss"] as? Int == 1_048_576)
    let users = try json(path, "users")
    #expect(users.map { $0["name"] as? String } == ["www-data"] && users[0]["uid"] as? Int == 33)
    let mounts = try json(path, "mounts")
    #expect(mounts.map { $0["point"] as? String } == ["/srv/data"] && mounts[0]["type"] as? String == "ext4")
    let csv = try CommandRun("state", path, "users", "--csv").lines
    #expect(
      csv == ["uid,gid,name,home,shell,container,at", "33,33,www-data,/var/www,/bin/false,,\(StateTests.start)"])
  }

  @Test func theMomentIsTheNearestEarlierOne() throws {
    let path = try write()
    defer { removeFile(path) }
    #expect(try json(path, "files", "--at", "2023-11-14T22:13:28Z").isEmpty)
    let later = try json(path, "processes", "--at", "2023-11-14T22:13:29Z")
    #expect(later.map { $0["pid"] as? Int } == [1])
    #expect(later.map { $0["at"] as? Int64 } == [StateTests.start + 9 * StateTests.second])
    let early = try CommandRun("state", path, "processes", "--at", "2023-11-14T22:13:19Z")
    #expect(early.status == 2 && early.output.isEmpty && early.error.contains("leave out --at"))
  }

  @Test func whatFollowedIsApplied() throws {
    let path = try write(states: 1, lost: 3) { machine in
      let time = StateTests.start + 2 * StateTests.second
      let root = machine.process(1, "init")
      let child = machine.process(30, "init", parent: root, started: 7)
      let executed = machine.process(30, "curl", parent: root, started: 7, arguments: ["example.org"])
      machine.event("clone", at: time, of: child, result: 0, flags: .childReturn)
      machine.event("execve", at: time + 1, of: executed, result: 0)
      machine.event(
        "openat", at: time + 2, of: executed, object: machine.file("/etc/hosts"), result: 3, ["flags": 0])
      machine.event("close", at: time + 10, of: executed, object: machine.file("/etc/hosts"), result: 0, ["fd": 3])
      machine.event("procexit", at: time + 20, of: executed)
    }
    defer { removeFile(path) }
    func at(_ nanoseconds: Int64) -> String { String(StateTests.start + 2 * StateTests.second + nanoseconds) }
    let processes = try json(path, "processes", "--at", at(5))
    #expect(processes.map { $0["name"] as? String } == ["init", "nginx", "curl"])
    #expect(processes[2]["command"] as? String == "curl example.org" && processes[2]["ppid"] as? Int == 1)
    // What was measured before it did something is not what it is now.
    #expect(processes[0]["cpu_time"] is NSNull && processes[0]["vm_rss"] is NSNull)
    // One thread of nginx was running.
    #expect(processes[1]["cpu_time"] is NSNull && processes[1]["state"] is NSNull)
    #expect(try json(path, "processes", "--at", at(30)).map { $0["pid"] as? Int } == [1, 20])
    #expect(
      try json(path, "files", "--at", at(5)).map { $0["file"] as? String }
        == ["127.0.0.1:80", SampleCapture.evilName, "/etc/hosts"])
    #expect(try json(path, "files", "--at", at(15), "proc.name = curl").isEmpty)
    #expect(try json(path, "files", "--at", at(5), "fd.num = 3 and fd.type = file").count == 1)
    let text = try CommandRun("state", path, "processes", "--utc", "--at", at(5))
    #expect(
      text.lines.suffix(3) == [
        "what 3 lost events changed since then is not shown",
        "what the recording's filter (proc.name=x) left out is not shown",
        "state at 2023-11-14 22:13:22.000 UTC: as noted at 2023-11-14 22:13:20.000 UTC, and 4 events since then",
      ])
    let objects = try CommandRun("state", path, "processes", "--json", "--at", at(5))
    #expect(objects.error.contains("3 lost events") && objects.error.split(separator: "\n").count == 2)
    // Only descriptors say what became of sockets.
    let sockets = try CommandRun("state", path, "sockets", "--json", "--at", at(5))
    #expect(try sockets.objects().map { $0["state"] as? String } == ["LISTEN"])
    #expect(sockets.error.contains("sockets that no descriptor holds are not shown"))
    // What happens to mounts is not followed: they are those of the state, and carry its moment.
    let mounts = try json(path, "mounts", "--at", at(5))
    #expect(mounts.map { $0["at"] as? Int64 } == [StateTests.start])
    #expect(
      try CommandRun("state", path, "mounts", "--utc", "--at", at(5)).lines.last
        == "state at 2023-11-14 22:13:20.000 UTC, the last that was noted before 2023-11-14 22:13:22.000 UTC")
  }

  @Test func whatIsNotThereIsSaid() throws {
    let without = try write(states: 0)
    let torn = try write(states: 1, omitLastPart: true)
    defer { [without, torn].forEach(removeFile) }
    let none = try CommandRun("state", without, "processes")
    #expect(none.status == 2 && none.output.isEmpty && none.error.contains("holds no state"))
    #expect(try CommandRun("state", torn, "nothing").status == 2)
    #expect(try CommandRun("state", torn, "processes", "proc.nme = x").status == 2)
    #expect(try CommandRun("state", torn, "processes", "--sort", "nothing").status == 2)
    let part = try CommandRun("state", torn, "processes")
    #expect(part.status == 3 && part.lines.count == 6 && part.error.contains("parts of the state"))
  }

  @Test func statesAreNoEvents() throws {
    let path = try write()
    defer { removeFile(path) }
    #expect(try CommandRun("count", path).output == "1\n")
    #expect(try CommandRun("count", path, "evt.type = state_thread").output == "0\n")
    #expect(try CommandRun("events", path).lines.count == 1)
    let info = try #require(CommandRun("info", path, "--json").objects().first)
    #expect(info["events"] as? Int == 1)
    let states = try #require(info["states"] as? [String: Int64])
    #expect(states == ["count": 2, "from": StateTests.start, "to": StateTests.start + 8 * StateTests.second])
    let text = try CommandRun("info", path, "--utc").output
    #expect(text.contains("states     2, 22:13:20.000 to 22:13:28.000\n"))
  }

  @Test func lossesBySpan() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var writer = try CaptureWriter(path: path, header: .test(), schema: .builtIn)
    let time = StateTests.start
    for (cause, cpu, count, at) in [
      (LossCause.ringFull, UInt32(1), 5, 10), (.ringFull, 1, 7, 30), (.ringFull, 0, 1, 20), (.nested, nil, 2, 5),
    ] as [(LossCause, UInt32?, UInt64, Int64)] {
      try writer.append(
        LossRecord(cause: cause, cpu: cpu, count: count, from: time + at * 1_000_000, to: time + (at + 1) * 1_000_000))
    }
    _ = try writer.finish()
    let info = try #require(CommandRun("info", path, "--json").objects().first)
    let losses = try #require(info["losses"] as? [[String: Any]])
    #expect(losses.map { $0["cause"] as? String } == ["ring_full", "nested", "ring_full"])
    #expect(losses.map { $0["cpu"] as? Int } == [1, nil, 0] && losses.map { $0["count"] as? Int } == [12, 2, 1])
    #expect(losses[0]["from"] as? Int64 == time + 10_000_000 && losses[0]["to"] as? Int64 == time + 31_000_000)
    #expect(info["lost"] as? Int == 15)
    let text = try CommandRun("info", path, "--utc").output
    #expect(
      text.contains(
        """
                   ring_full 12 on CPU 1, 22:13:20.010 to 22:13:20.031
                   nested 2, 22:13:20.005 to 22:13:20.006
                   ring_full 1 on CPU 0, 22:13:20.020 to 22:13:20.021

        """))
  }
}
