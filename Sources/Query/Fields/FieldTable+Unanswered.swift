extension FieldTable {
  /// Fields that filters of others may name, but that nothing in a capture answers. They are always missing.
  static let unanswered: [Field] = unansweredGroups.flatMap { $0 }

  private static let unansweredGroups: [[Field]] = [
    waiting(["evt.pluginname", "evt.plugininfo", "evt.asynctype"], "events of plugins are not recorded"),
    waiting(
      [
        "evt.infra.docker.name", "evt.infra.docker.container.id", "evt.infra.docker.container.name",
        "evt.infra.docker.container.image",
      ], "events of container engines are not recorded"),
    waiting(
      ["proc.nchilds"], "children are not counted event by event; `reel tree` shows them", type: .unsigned),
    waiting(
      ["thread.totexectime"], "it would need all events before; sum up `thread.exectime`", type: .relativeTime),
    waiting(
      ["thread.cpu.user", "thread.cpu.system"], "samples tell the processor time in one number; see `thread.cpu`",
      type: .decimal),
    waiting(
      [
        "proc.stdin.type", "proc.stdout.type", "proc.stderr.type", "proc.stdin.name", "proc.stdout.name",
        "proc.stderr.name",
      ], "events do not carry the descriptor table; `reel state CAPTURE files` shows it"),
    waiting(["fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"], "names of addresses are not looked up"),
    waiting(
      ["fdlist.names", "fdlist.cips", "fdlist.sips", "fdlist.cports", "fdlist.sports"],
      "of the descriptors that a call waits for only the numbers are recorded"),
    waiting(
      ["proc.is_container_healthcheck", "proc.is_container_liveness_probe", "proc.is_container_readiness_probe"],
      "which processes are probes is not told apart", type: .boolean),
    cluster("k8s", ["rc", "rs", "svc", "deployment"], ["name", "id", "labels"]),
    cluster("k8s", ["ns"], ["id", "labels"]),
    cluster("k8smeta", ["pod", "ns", "deployment", "svc", "rs", "rc"], ["name", "uid", "labels"]),
    waiting(["k8smeta.pod.ip"], noCluster),
    waiting(["util.cnt"], "it counts evaluations of a filter, which says nothing about events", type: .unsigned),
    waiting(
      [
        "span.id", "span.ntags", "span.nargs", "span.tags", "span.args", "span.enterargs", "span.duration",
        "span.duration.human", "span.time", "evtin.span.id", "evtin.span.ntags", "evtin.span.nargs", "evtin.span.tags",
        "evtin.span.args",
      ], noTracers),
    waiting(
      ["span.tag", "span.arg", "span.enterarg", "evtin.span.tag", "evtin.span.arg"], noTracers, argument: .required),
    tracerEnd("p"), tracerEnd("s"), tracerEnd("m"),
    waiting(
      [
        "mesos.task.name", "mesos.task.id", "mesos.task.labels", "mesos.framework.name", "mesos.framework.id",
        "marathon.app.name", "marathon.app.id", "marathon.app.labels", "marathon.group.name", "marathon.group.id",
      ], "Mesos is not asked"),
    waiting(["mesos.task.label", "marathon.app.label"], "Mesos is not asked", argument: .required),
  ]

  private static let noTracers = "tracers, which programs write to a device of another recorder, are not recorded"
  private static let noCluster = "only the API server of the cluster knows it, which is not asked"

  private static func tracerEnd(_ kind: String) -> [Field] {
    waiting(["id", "ntags", "nargs", "tags", "args"].map { "evtin.span.\(kind).\($0)" }, noTracers)
      + waiting(["tag", "arg"].map { "evtin.span.\(kind).\($0)" }, noTracers, argument: .required)
  }

  private static func cluster(_ family: String, _ kinds: [String], _ parts: [String]) -> [Field] {
    kinds.flatMap { kind in
      waiting(parts.map { "\(family).\(kind).\($0)" }, noCluster)
        + waiting(["\(family).\(kind).label"], noCluster, argument: .required)
    }
  }

  private static func waiting(
    _ names: [String], _ reason: String, type: FieldType = .text, argument: Field.ArgumentRule = .none
  ) -> [Field] {
    names.map {
      Field(
        $0, type, .unanswered(reason), "Always missing: \(reason).",
        argument == .required ? "\($0)[x] exists" : "\($0) exists", argument: argument)
    }
  }
}
