import EventBatch

/// The events of the reference's evaluation cases, made from what the cases say.
enum ReferenceCaseEvents {
  /// The event of a case, by the name of its test; `nil` when it cannot be made.
  static func batch(for test: String, _ filter: String) -> EventBatch? {
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
    case "filter_cache_corner_cases":
      maker.event("getcwd", at: 1, lineage: process, result: 0, ["path": .text("/test/dir")])
    case "filter_cache_pointer_instability":
      maker.event("procexit", at: 1, lineage: process, ["ret": .integer(3), "reaper_tid": .integer(1)])
    case "boolean_evaluation", "str_escape":
      // The fields of the reference's mock, see `ReferenceCase.standIns`.
      let image = maker.image(exe: "hello 'quoted'", path: "hello \"quoted\"")
      let mock = maker.lineage(
        parent: maker.lineage(tid: 30, comm: "0"), tid: 31, comm: "1", image: image)
      maker.event("getpid", at: 1, lineage: mock)
    case "signed_int_compare":
      maker.event("read", at: 1, cpu: 1, lineage: process, result: -22, ["fd": .integer(-1)])
    case "len_transformer" where filter.contains("evt.arg.data"): write(Array("123456".utf8))
    case "len_transformer": open("/tmp/file_to_run")
    case "EVT_FILTER_rawarg_madness":
      if filter.contains("flags") { open("/tmp/x", flags: 0o102) }
      if filter.contains("size") { maker.event("read", at: 1, lineage: process, ["size": .integer(512)]) }
      if filter.contains("uid") { maker.event("setuid", at: 1, lineage: process, ["uid": .integer(0)]) }
      if filter.contains("rawarg.gid") { maker.event("setgid", at: 1, lineage: process, ["gid": .integer(0)]) }
      if filter.contains("pgid") { maker.event("setpgid", at: 1, lineage: process, ["pgid": .integer(0)]) }
    case "proc_fields_invalid_utf8_match":
      let image = maker.image(exe: "", path: "/bad")
      maker.dimensions.images[Int(image), .exe] = maker.bytes(Array("/bin/bad".utf8) + [0xFF])
      let bad = maker.lineage(
        tid: 40, comm: "", image: image, columns: [.comm: maker.bytes(Array("bad".utf8) + [0xFF])])
      maker.event("getpid", at: 1, lineage: bad)
    case "fspath_fields_invalid_utf8_match":
      maker.event(
        "rename", at: 1, lineage: process,
        ["oldpath": .raw(Array("/tmp/a".utf8) + [0xFF]), "newpath": .raw(Array("/tmp/b".utf8) + [0xFF])])
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
}
