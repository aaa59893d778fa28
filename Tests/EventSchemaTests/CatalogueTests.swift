import EventSchema
import Foundation
import Testing

private let schema = Schema.builtIn

/// The numbers in a kernel header, `nil` when it is not installed.
private func headerNumbers(_ path: String, prefix: String) -> [String: UInt16]? {
  guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
  var numbers: [String: UInt16] = [:]
  for line in text.split(separator: "\n") {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard words.count >= 3, words[0] == "#define", words[1].hasPrefix(prefix), let number = UInt16(words[2]) else {
      continue
    }
    numbers[String(words[1].dropFirst(prefix.count))] = number
  }
  return numbers
}

private let x86Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
private let genericHeader = "/usr/include/asm-generic/unistd.h"

@Suite("The catalogue of events")
struct CatalogueTests {
  @Test("No number of x86_64 is missing up to the last one")
  func x86NumbersAreComplete() {
    let numbers = schema.systemCalls(.x86_64).map { Int($0.number) }
    // 337 to 423 were never given out, so that the numbers of all architectures are the same from 424 up.
    #expect(numbers == Array(0...336) + Array(424...470))
  }

  @Test("No number of aarch64 is missing up to the last one")
  func armNumbersAreComplete() {
    let numbers = schema.systemCalls(.aarch64).map { Int($0.number) }
    // 244 to 259 belong to single architectures, 295 to 423 to 32-bit ones.
    #expect(numbers == Array(0...243) + Array(260...294) + Array(424...470))
  }

  @Test(
    "Numbers of x86_64 are the kernel header's",
    // Needs the kernel's headers in /usr/include.
    .enabled(if: FileManager.default.fileExists(atPath: x86Header), "SKIPPED: no kernel headers for x86_64"))
  func x86NumbersMatchHeader() throws {
    let numbers = try #require(headerNumbers(x86Header, prefix: "__NR_"))
    #expect(numbers.count > 300)
    let known = Dictionary(
      uniqueKeysWithValues: schema.systemCalls(.x86_64).compactMap { call in
        call.type.systemCall.map { ($0, call.number) }
      })
    for (name, number) in numbers { #expect(known[name] == number, "\(name)") }
  }

  @Test(
    "Numbers of aarch64 are the generic header's",
    // Needs the kernel's headers in /usr/include.
    .enabled(if: FileManager.default.fileExists(atPath: genericHeader), "SKIPPED: no generic kernel headers"))
  func armNumbersMatchHeader() throws {
    var numbers = try #require(headerNumbers(genericHeader, prefix: "__NR_"))
    let shared = try #require(headerNumbers(genericHeader, prefix: "__NR3264_"))
    #expect(numbers.count > 250)
    for (name, number) in shared { numbers[name == "fstatat" ? "newfstatat" : name] = number }
    // Placeholders, the other spelling of sync_file_range, and calls of 32-bit architectures.
    for name in ["syscalls", "arch_specific_syscall", "sync_file_range2"] { numbers[name] = nil }
    numbers = numbers.filter { !(403...423).contains($0.value) }
    let known = Dictionary(
      uniqueKeysWithValues: schema.systemCalls(.aarch64).compactMap { call in
        call.type.systemCall.map { ($0, call.number) }
      })
    for (name, number) in numbers { #expect(known[name] == number, "\(name)") }
  }

  @Test("Numbers that both architectures got together are the same")
  func newNumbersAgree() {
    for type in schema.types {
      if let number = type.numberX86, number >= 424 { #expect(type.numberARM == number, "\(type.name)") }
    }
  }

  @Test("Every type keeps the rules that readers and the probe rely on", arguments: schema.types)
  func rules(_ type: EventType) {
    #expect(type.captures.count <= 4)
    #expect(Set(type.parameters.map(\.name)).count == type.parameters.count)
    #expect(type.traits.contains(.systemCall) == (type.systemCall != nil || type.name == "syscall"))
    let creates = type.traits.contains(.createsDescriptor)
    let uses = !type.traits.isDisjoint(with: [.usesDescriptor, .destroysDescriptor])
    switch type.object {
    case .result: #expect(creates)
    case .argument(let index):
      #expect(uses)
      // The descriptor can be seen as well as followed.
      #expect(type.parameters.contains { $0.type == .fd && $0.source == .argument(index) })
    case .none: break
    }
    let registers = type.parameters.compactMap { parameter -> UInt8? in
      if case .argument(let index) = parameter.source { index + 1 } else { nil }
    }
    #expect(type.argumentCount == registers.max() ?? 0)
    for parameter in type.parameters {
      switch parameter.source {
      case .capture(let index):
        let kind = type.captures[Int(index)].kind
        let holds: Bool =
          switch parameter.type.storage {
          case .integer: false
          case .bytes: kind != .string && kind != .stringArray
          case .string: kind != .buffer
          }
        #expect(holds, "\(parameter.name) from \(kind)")
      case .field(let index, _, _): #expect([.structure, .structureArray].contains(type.captures[Int(index)].kind))
      default: break
      }
    }
    for capture in type.captures where [.payload, .vector, .message, .messages].contains(capture.kind) {
      // As many bytes as the call returned: none of a call that failed.
      #expect(capture.onSuccess)
    }
  }

  static let orderCases: [(event: String, parameters: String)] = [
    ("open", "fd name flags mode dev ino"),
    ("openat", "fd dirfd name flags mode dev ino"),
    ("openat2", "fd dirfd name flags mode resolve dev ino"),
    ("creat", "fd name mode dev ino creat_flags"),
    ("close", "res fd"),
    ("read", "res data fd size"),
    ("write", "res data fd size"),
    ("pread", "res data fd size pos"),
    ("readv", "res size data fd"),
    ("writev", "res data fd size"),
    ("socket", "fd domain type proto flags"),
    ("connect", "res tuple fd addr"),
    ("accept", "fd tuple queuepct queuelen queuemax"),
    ("accept4", "fd tuple queuepct queuelen queuemax flags"),
    ("sendto", "res data fd size tuple"),
    ("recvfrom", "res data tuple fd size"),
    ("recvmsg", "res size data tuple msgcontrol fd"),
    ("dup2", "res oldfd newfd"),
    ("clone", "res exe args tid pid ptid cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap comm cgroups flags"),
    ("execve", "res exe args tid pid ptid cwd fdlimit pgft_maj pgft_min vm_size vm_rss vm_swap comm cgroups env tty"),
    ("procexit", "status ret sig core reaper_tid"),
    ("signaldeliver", "spid dpid sig"),
  ]

  @Test("The ecosystem's parameters come first, in its order", arguments: orderCases)
  func order(_ event: String, parameters: String) throws {
    let type = try #require(schema.type(named: event))
    let expected = parameters.split(separator: " ").map(String.init)
    #expect(Array(type.parameters.map(\.name).prefix(expected.count)) == expected)
  }

  @Test("Names of ids stand for the types with these names")
  func constants() {
    #expect(schema.type(.read)?.name == "read")
    #expect(schema.type(.switch)?.name == "switch")
    #expect(schema.type(.rtSigaction)?.systemCall == "rt_sigaction")
    #expect(schema.type(.prlimit)?.systemCall == "prlimit64")
    #expect(schema.type(systemCall: "pread64")?.id == .pread)
    #expect(schema.type(systemCall: "pread") == nil)
  }

  @Test("Every flag value has a way back from its portable value")
  func portableValues() {
    for table in schema.flagTables {
      for entry in table.entries {
        guard let portable = entry.portable, entry.value != 0 || entry.mask != 0 else { continue }
        // Aliases are read as the first name with their value.
        let first = table.entries.first { $0.portable == portable }
        #expect(table.value(portable: portable) == first?.value, "\(table.name).\(entry.name)")
      }
    }
  }
}
