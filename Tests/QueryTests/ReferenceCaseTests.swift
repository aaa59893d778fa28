import EventBatch
import EventSchema
import Foundation
import Query
import Testing

/// The reference's evaluation cases, where the event can be made from what the case says.
///
/// Needs the folder with the cases in `REEL_TEST_DATA`; without it these tests are reported as skipped.
private let dataFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]

private struct ReferenceCase: Decodable, Sendable {
  let test: String
  let kind: String
  let expr: String
  let expect: Expectation

  enum Expectation: Decodable, Sendable, Equatable {
    case verdict(Bool)
    case word(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let verdict = try? container.decode(Bool.self) {
        self = .verdict(verdict)
      } else {
        self = .word(try container.decode(String.self))
      }
    }
  }
}

@Suite(.enabled(if: dataFolder != nil, "REEL_TEST_DATA is not set: the reference's cases are skipped"))
struct ReferenceCaseTests {
  private func cases() throws -> [ReferenceCase] {
    let path = try #require(dataFolder) + "/filter/libs_filter_cases.json"
    return try JSONDecoder().decode([ReferenceCase].self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// The event of a case, by the name of its test; `nil` when it cannot be made.
  private func event(for test: String) -> EventBatch? {
    var maker = BatchMaker()
    let image = maker.image(exe: "/bin/myexe", path: "/bin/myexe")
    let start = maker.lineage(tid: 1, comm: "init")
    let bash = maker.lineage(parent: start, tid: 5, comm: "bash")
    let process = maker.lineage(parent: bash, tid: 9, comm: "myexe", image: image, columns: [.parentPid: 5])
    let name = test.split(separator: ".").last.map(String.init) ?? test
    func open(_ path: String, flags: Int64 = 0o102) {
      let object = maker.object(.file, name: path)
      maker.event(
        "openat", at: 1, lineage: process, object: object, result: 3,
        ["dirfd": .integer(-100), "name": .text(path), "flags": .integer(flags), "mode": .integer(0)])
    }
    func write(_ data: [UInt8]) {
      maker.event(
        "write", at: 1, lineage: process, result: Int64(data.count), ["fd": .integer(1), "data": .raw(data)])
    }
    switch name {
    case "filter_simple_evaluation", "filter_val_transformer", "filter_transformers_combination",
      "filter_cache_disabled", "filter_cache_enabled", "filter_regex_operator_evaluation",
      "filter_str_op_modifier_evaluation":
      maker.event("getcwd", at: 1, lineage: process, result: 0, ["path": .text("/test/dir")])
    case "bytebuf_bcontains_bstartswith": write(Array("hello".utf8))
    case "bytebuf_matches_nul": write([0x61, 0, 0x62])
    case "contains_icontains": open("/home/dir/Subdir/file", flags: 0o101)
    case "net_ipv4_compare", "net_modifier_ip_compare":
      let object = maker.socket(
        .ipv4Socket, local: ([142, 251, 111, 147], 443), remote: ([172, 40, 111, 222], 54321), role: .server)
      maker.event("close", at: 1, lineage: process, object: object)
    case "net_ipv6_compare":
      let local: [UInt8] = [0x20, 0x01, 0x48, 0x60, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88]
      let object = maker.socket(
        .ipv6Socket, local: (local, 443), remote: ([UInt8](repeating: 0, count: 15) + [1], 54321), role: .server)
      maker.event("close", at: 1, lineage: process, object: object)
    case "pmatch": open("/opt/dir/subdir/file.txt")
    case "basename_transformer", "multivalue_transformer_join", "multivalue_transformer_concat",
      "multivalue_transformer_with_outer_transformer", "multivalue_transformer_getopt":
      open("/tmp/file_to_run")
    case "FILTERCHECK_MOD_eq", "FILTERCHECK_MOD_ne", "FILTERCHECK_MOD_contains", "FILTERCHECK_MOD_icontains",
      "FILTERCHECK_MOD_startswith", "FILTERCHECK_MOD_endswith", "FILTERCHECK_MOD_glob", "FILTERCHECK_MOD_iglob",
      "FILTERCHECK_MOD_regex", "FILTERCHECK_MOD_transformer_lhs", "FILTERCHECK_MOD_compound",
      "FILTERCHECK_MOD_empty_rhs":
      maker.event("getpid", at: 1, lineage: process)
    case "PROC_FILTER_aname":
      let child = maker.lineage(parent: process, tid: 12, comm: "good-exe")
      maker.event("getpid", at: 1, lineage: child)
    case "EVT_FILTER_data_buffer_str": write(Array("gigi".utf8))
    case "fd_fields_invalid_utf8_match":
      let object = maker.object(.file)
      maker.dimensions.objects[Int(object), .label] = maker.bytes([0x2F, 0x70, 0xFF, 0x2F, 0x71, 0xFF])
      maker.event(
        "openat", at: 1, lineage: process, object: object, result: 3,
        ["dirfd": .integer(-100), "name": .raw([0x2F, 0x70, 0xFF, 0x2F, 0x71, 0xFF])])
    case "evt_abspath_invalid_utf8_match":
      maker.event("unlink", at: 1, lineage: process, ["path": .raw(Array("/tmp/a".utf8) + [0xFF])])
    case "proc_cwd_invalid_utf8_match":
      let directory = maker.bytes(Array("/tmp/c".utf8) + [0xFF])
      let other = maker.lineage(tid: 20, comm: "x", columns: [.workingDirectory: directory])
      maker.event("getpid", at: 1, lineage: other)
    default: return nil
    }
    return maker.finish()
  }

  @Test func evaluation() throws {
    var evaluated = 0
    for item in try cases() where item.kind == "eval_filter" {
      guard case .verdict(let expected) = item.expect, let batch = event(for: item.test) else { continue }
      // One case counts two descriptors of an event that has one here, another the length of a list of two.
      let question = try Question(filter: item.expr, schema: .builtIn)
      #expect(!question.select(from: batch).isEmpty == expected, "\(item.test): \(item.expr)")
      evaluated += 1
    }
    #expect(evaluated > 350)
  }

  /// Which operators go with which type of field.
  @Test func bindingVerdicts() throws {
    var checked = 0
    for item in try cases() where item.test.hasSuffix("operators_field_types_compatibility") {
      guard case .word(let expected) = item.expect, !item.expr.hasPrefix("thread.cpu") else { continue }
      let verdict = Result { try Question(filter: item.expr, schema: .builtIn) }
      switch verdict {
      case .success: #expect(expected == "ok", "\(item.expr)")
      // A refusal counts only when it is the typed one, with its reason.
      case .failure(let error): #expect(expected != "ok" && error is QueryError, "\(item.expr): \(error)")
      }
      checked += 1
    }
    #expect(checked > 200)
  }
}
