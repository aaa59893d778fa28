import Foundation
import TestSupport
import Testing

extension Live {
  /// Recordings of this machine as `.scap` files, read by sysdig: another program, which replays in its own way, must find
  /// in them what Reel knows.
  @Suite(.enabled(if: hasSysdig, "sysdig is not installed")) struct ScapExport {
    @Test("sysdig counts the same events, by type and by process")
    func counts() async throws {
      try await withExport { capture, scap, _ in
        let finished = "evt.is_unfinished = false"
        let types = try await capture.counts(by: "evt.type", finished)
        var theirs = try await sysdigCounts(scap, "%evt.type")
        // Calls that sysdig 0.29 knew by an older name; those that it does not know at all it shows as one.
        var unknown = 0
        for (type, count) in types where !notInSuchFiles.contains(type) {
          let name = olderNames[type] ?? type
          if let known = theirs[name], known >= count {
            theirs[name] = known - count
          } else {
            #expect(theirs[name] == nil, "\(type): \(count) against \(String(describing: theirs[name]))")
            unknown += count
          }
        }
        #expect(theirs.removeValue(forKey: "<unknown>") ?? 0 == unknown)
        #expect(theirs.filter { $0.value != 0 } == [:], "sysdig has more events than there were")

        let others = notInSuchFiles.map { "not evt.type = \($0)" }.joined(separator: " and ")
        let names = try await capture.counts(by: "proc.name", "\(finished) and \(others)")
        let theirNames = try await sysdigCounts(scap, "%proc.name")
        #expect(differences(names, theirNames) == [])
        #expect(names["cat"] ?? 0 > 10)
      }
    }

    @Test("sysdig finds the same files and connections behind descriptors")
    func names() async throws {
      // A filter leaves out what others did, by which sysdig would know whose descriptors these are. Only working directories
      // are not told where chdir is left out.
      for filter in [nil, "evt.type in (read, write, close, sendto, recvfrom, lseek, chdir)"] as [String?] {
        try await withExport(filter) { capture, scap, directory in
          // A directory that is opened without saying so is a file to sysdig, and a socket gets its port unseen.
          let named = "(fd.type in (file, directory) or fd.name contains ->)"
          let mine =
            "proc.cwd startswith \(directory) and evt.is_unfinished = false and \(named) and "
            + "evt.type in (read, write, close, lseek, sendto, recvfrom, accept4, dup2)"
          let selected = filter.map { "(\(mine)) and (\($0))" } ?? mine
          let ours = try await capture.counts(by: "fd.name", selected)
          let theirs = try await sysdigCounts(
            scap, "%fd.name",
            "proc.cwd startswith \(directory) and \(named) and "
              + "evt.type in (read, write, close, lseek, sendto, recvfrom, accept, dup)")
          #expect(differences(ours, theirs) == [])
          #expect(ours["\(directory)/numbers"] ?? 0 > 0)
          #expect(ours.keys.contains { $0.hasPrefix("127.0.0.1:") && $0.contains("->127.0.0.1:") })
        }
      }
    }

    @Test("processes, users and payloads are those of the recording")
    func fields() async throws {
      try await withExport { capture, scap, directory in
        let line = "%evt.rawtime %thread.tid %user.name %proc.ppid %proc.cmdline %proc.cwd %evt.latency"
        let filter = "proc.cwd startswith \(directory) and evt.type in (openat, read, write, pread)"
        let ours = try await capture.text("\(filter) and evt.is_unfinished = false", line)
        let theirs = try await sysdig(scap, line, "evt.dir = < and \(filter)")
        #expect(!ours.isEmpty)
        #expect(ours.split(separator: "\n").sorted() == theirs.split(separator: "\n").sorted())
        let written = try await sysdig(
          scap, "%evt.arg.data", "evt.type = sendto and evt.dir = < and proc.name = echo-server")
        #expect(written.contains("what you said: hello"))
      }
    }

    @Test("the chisels of sysdig run on it", arguments: ["topprocs_file", "topfiles_bytes", "topconns", "lsof", "ps"])
    func chisels(name: String) async throws {
      try await withExport { _, scap, directory in
        // These two take no filter for the events, but one for their own rows.
        let filter = ["lsof", "ps"].contains(name) ? [] : ["proc.cwd startswith \(directory)"]
        let result = try await Command(["sysdig", "-r", scap, "-c", name] + filter).run()
        #expect(result.status == 0, "\(result.errorText)")
        switch name {
        case "topprocs_file": #expect(result.text.contains("cat"))
        case "topfiles_bytes": #expect(result.text.contains("\(directory)/"))
        case "topconns": #expect(result.text.contains("127.0.0.1:"))
        case "lsof": #expect(result.lines.contains { $0.contains("file") && $0.contains("/") })
        default: #expect(result.lines.count > 1)
        }
      }
    }

    @Test("the file is its owner's alone, and is not overwritten")
    func file() async throws {
      try await withExport { capture, scap, _ in
        let again = try await reel(["export", capture.path, "--format", "scap", "-o", scap])
        #expect(again.status == 2)
        expectOneLine(again, contains: "exists")
        let mode = try FileManager.default.attributesOfItem(atPath: scap)[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
    }
  }
}

/// Whether there is the program to compare with.
private let hasSysdig = ["/usr/bin/sysdig", "/usr/local/bin/sysdig"].contains {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// What sysdig 0.29 calls calls that have names of their own today.
private let olderNames = [
  "accept4": "accept", "dup2": "dup", "dup3": "dup", "eventfd2": "eventfd", "pipe2": "pipe",
  "signalfd4": "signalfd", "inotify_init1": "inotify_init", "umount2": "umount", "rt_sigreturn": "sigreturn",
  "_newselect": "newselect",
]

/// What Reel records and `.scap` files do not have.
private let notInSuchFiles = [
  "process_sample", "io_uring", "uprobe", "uretprobe", "container_created", "container_started", "container_exec",
  "container_paused", "container_unpaused", "container_died", "container_oom",
]

/// The events that stand for one of Reel's each: returns, and what has no return.
private let events = "(evt.dir = < or evt.type in (procexit, signaldeliver, exit_group, exit, switch, page_fault))"

/// A bit of everything: programs, files, pipes, connections, threads, failures.
private let script = """
  cd "$1" || exit 1
  seq 1 60000 > numbers
  cat numbers numbers > more
  for i in 1 2 3; do cat numbers | wc -l >> count; done
  mv more less; ln -s less link; cat link > /dev/null; rm link less
  ls -la . /etc > /dev/null
  cat no-such-file 2> /dev/null
  id > who
  exec /usr/bin/python3 - <<'END'
  import os, socket, threading
  listener = socket.socket()
  listener.bind(("127.0.0.1", 0))
  listener.listen()
  def serve():
      open("/proc/self/comm", "w").write("echo-server")
      connection, _ = listener.accept()
      connection.send(b"what you said: " + connection.recv(100))
      connection.close()
  child = os.fork()
  if child == 0:
      serve()
      os._exit(0)
  client = socket.create_connection(listener.getsockname())
  client.send(b"hello")
  client.recv(100)
  client.close()
  os.waitpid(child, 0)
  thread = threading.Thread(target=lambda: open("numbers").read())
  thread.start()
  thread.join()
  duplicate = os.dup2(os.open("numbers", os.O_RDONLY), 40)
  os.lseek(duplicate, 5, 0)
  os.read(duplicate, 10)
  os.close(duplicate)
  END
  """

/// Records the workload and exports it.
/// - Parameter filter: what of it is exported.
private func withExport(
  _ filter: String? = nil, _ body: (_ capture: Capture, _ scap: String, _ directory: String) async throws -> Void
) async throws {
  try await withTemporaryDirectory { directory in
    let capture = Capture(path: "\(directory)/capture.reel")
    let folder = "\(directory)/work"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let program = "\(directory)/work.sh"
    try script.write(toFile: program, atomically: false, encoding: .utf8)
    let recorded = try await reel(["record", "-o", capture.path, "--", "/bin/sh", program, folder])
    try #require(recorded.status == 0, "\(recorded.errorText)")
    let scap = "\(directory)/capture.scap"
    let exported = try await reel(
      ["export", capture.path] + (filter.map { [$0] } ?? []) + ["--format", "scap", "-o", scap])
    try #require(exported.status == 0, "\(exported.errorText)")
    try await body(capture, scap, folder)
  }
}

/// What sysdig prints of a file.
private func sysdig(_ path: String, _ format: String, _ filter: String) async throws -> String {
  let result = try await Command("sysdig", "-r", path, "-p", "*\(format)", filter).run()
  try #require(result.status == 0, "sysdig ended with \(result.status): \(result.errorText)")
  return result.text
}

/// How often sysdig shows each value of a field.
private func sysdigCounts(_ path: String, _ format: String, _ filter: String? = nil) async throws -> [String: Int] {
  let lines = try await sysdig(path, format, filter.map { "\(events) and \($0)" } ?? events)
  return lines.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    .reduce(into: [:]) { $0[String($1), default: 0] += 1 }
}

/// What two counts do not agree on.
private func differences(_ ours: [String: Int], _ theirs: [String: Int]) -> [String] {
  Set(ours.keys).union(theirs.keys).sorted().filter { ours[$0] != theirs[$0] }.map {
    "\($0): \(ours[$0] ?? 0) here, \(theirs[$0] ?? 0) there"
  }
}

extension Capture {
  /// How many events there are of each value of a field.
  fileprivate func counts(by field: String, _ filter: String) async throws -> [String: Int] {
    let result = try await reel(["count", path, filter, "--by", field, "--top", "1000000", "--json"])
    try #require(result.status == 0, "\(result.errorText)")
    return try result.lines.map { try JSONValue.object(line: $0) }.reduce(into: [:]) { counts, row in
      counts[row.text(field) ?? "<NA>"] = row.integer("count").map(Int.init)
    }
  }
}
