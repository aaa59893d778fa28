import KernelSource
import Query
import TestSupport
import Testing

@testable import reel

/// What `record` may look at, and what is refused before anything is done.
@Suite struct ScopeOptionsTests {
  @Test(
    arguments: [
      ("all", .all), ("none", .none), ("PATH", .names([Array("PATH".utf8)])),
      ("PATH,LD_PRELOAD", .names([Array("PATH".utf8), Array("LD_PRELOAD".utf8)])),
    ] as [(String, EnvironmentSelection)])
  func environments(text: String, selection: EnvironmentSelection) {
    #expect(EnvironmentChoice(argument: text)?.selection == selection)
  }

  @Test(arguments: ["", ",", "A,", "A=1", "A B", "A, B"])
  func noEnvironments(text: String) {
    #expect(EnvironmentChoice(argument: text) == nil)
  }

  private static func selection(_ filter: String) throws -> KernelSelection {
    var selection = KernelSelection()
    selection.add(try Question(filter: filter, schema: .builtIn).bounds)
    return selection
  }

  @Test func theKernelDecidesWhatItCan() throws {
    let selection = try Self.selection("evt.type = openat and proc.name = cat and user.uid = 0 and proc.pid = 7")
    #expect(selection.types?.count == 1)
    #expect(selection.names == [Array("cat".utf8)])
    #expect(selection.users == [0])
    #expect(selection.processes == [7])
  }

  @Test(
    "what the kernel could not say exactly is left to user space",
    arguments: [
      "fd.name = a or proc.name = b", "proc.name = this-name-is-longer-than-a-process-can-have", "evt.num = 3",
      "proc.pid in (\((1...100).map(String.init).joined(separator: ", ")))",
    ])
  func theRestIsLeft(filter: String) throws {
    let selection = try Self.selection(filter)
    #expect(selection.isEverything)
  }

  @Test(
    arguments: [
      (["--container", "no-such-container-7"], "no-such-container-7"), (["--container", "abc"], "four digits"),
      (["--container", "pod:x"], "pod:NAMESPACE/NAME"), (["--container", ""], "names no container"),
      (["--engine", "tcp://localhost:1", "--container", "x"], "tcp://localhost:1"),
      (["--wait"], "--wait"), (["--until-exit"], "--until-exit"), (["--pid", "0"], "no process 0"),
      (["--pid", "4294967295"], "no process"), (["--pid", "-1"], "--pid"), (["--env", "A=B"], "--env"),
      (["--user", "no-such-user"], "no-such-user"), (["--keep", "0"], "--keep"),
      (["--rotate-size", "0"], "--rotate-size"),
      (["--rotate-time", "0s"], "--rotate-time"),
      (["--container", "0123456789abcdef0123456789abcdef"], "--wait"),
    ])
  func refused(arguments: [String], word: String) throws {
    let run = try CommandRun(["record", "-o", "/dev/null", "--duration", "10ms"] + arguments)
    #expect(run.status == 2, "\(run.error)")
    #expect(run.error.contains(word), "\(run.error)")
    // What runs instead is listed below.
    #expect(run.error.split(separator: "\n").filter { !$0.hasPrefix("  ") }.count == 1, "\(run.error)")
    let command = try CommandRun(["record", "-o", "/dev/null"] + arguments + ["--", "/bin/true"])
    #expect(command.status == 125, "\(command.error)")
  }

  @Test(arguments: ["-", "/dev/null"], [["--rotate-size", "1MiB"], ["--rotate-time", "1s"], ["--keep", "2"]])
  func noRotation(output: String, arguments: [String]) throws {
    let run = try CommandRun(["record", "-o", output, "--duration", "10ms"] + arguments)
    #expect(run.status == 2, "\(run.error)")
    #expect(run.error.contains("-o"), "\(run.error)")
  }
}
