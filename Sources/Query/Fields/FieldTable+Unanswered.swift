extension FieldTable {
  /// Fields that filters of others may name, but that nothing in a capture answers so far. They are always missing.
  static let unanswered: [Field] = [
    waiting(["evt.pluginname", "evt.plugininfo", "evt.asynctype"], "events of plugins are not recorded"),
    waiting(
      ["evt.count.procinfo", "evt.count.threadinfo"], "there are no events that only list processes",
      type: .unsigned),
    waiting(["evt.is_async"], "events of plugins are not recorded", type: .boolean),
    waiting(
      [
        "proc.fdopencount", "proc.fdusage", "proc.vmsize", "proc.vmrss", "proc.vmswap", "proc.nthreads", "proc.nchilds",
        "thread.pfmajor", "thread.pfminor", "thread.vmsize", "thread.vmrss", "thread.vmsize.b", "thread.vmrss.b",
      ], "memory and thread counts are not recorded", type: .unsigned),
    waiting(
      ["thread.exectime", "thread.totexectime"], "the scheduler is not recorded", type: .relativeTime),
    waiting(["thread.cpu", "thread.cpu.user", "thread.cpu.system"], "the scheduler is not recorded", type: .unsigned),
    waiting(
      [
        "proc.stdin.type", "proc.stdout.type", "proc.stderr.type", "proc.stdin.name", "proc.stdout.name",
        "proc.stderr.name",
      ], "descriptor tables are not part of events"),
    waiting(
      ["proc.exe_ino.ctime_duration_pidns_start", "proc.pidns_init_start_ts"],
      "starts of pid namespaces are not recorded",
      type: .absoluteTime),
    waiting(["fd.name_changed"], "names of objects do not change with an event", type: .boolean),
    waiting(
      ["fd.cip.name", "fd.sip.name", "fd.lip.name", "fd.rip.name"], "names of addresses are not looked up"),
    waiting(
      ["fdlist.nums", "fdlist.names", "fdlist.cips", "fdlist.sips", "fdlist.cports", "fdlist.sports"],
      "lists of descriptors are not recorded"),
    waiting(
      [
        "container.image.id", "container.mounts", "container.healthcheck", "container.liveness_probe",
        "container.readiness_probe", "container.ip", "container.cni.json", "container.labels", "k8s.pod.id",
        "k8s.pod.uid", "k8s.pod.labels", "k8s.pod.ip", "k8s.ns.id", "k8s.ns.labels",
      ], "the container's engine is not asked for it"),
    waiting(
      ["container.privileged", "container.host_pid", "container.host_network", "container.host_ipc"],
      "the container's engine is not asked for it", type: .boolean),
    waiting(["container.start_ts"], "the container's engine is not asked for it", type: .absoluteTime),
    waiting(["container.duration"], "the container's engine is not asked for it", type: .relativeTime),
    waiting(
      [
        "container.mount", "container.mount.source", "container.mount.dest", "container.mount.mode",
        "container.mount.rdwr", "container.mount.propagation", "container.label", "k8s.pod.label", "k8s.ns.label",
      ], "the container's engine is not asked for it", argument: .required),
    waiting(
      ["proc.is_container_healthcheck", "proc.is_container_liveness_probe", "proc.is_container_readiness_probe"],
      "the container's engine is not asked for it", type: .boolean),
  ].flatMap { $0 }

  private static func waiting(
    _ names: [String], _ reason: String, type: FieldType = .text, argument: Field.ArgumentRule = .none
  ) -> [Field] {
    names.map {
      Field($0, type, .unanswered(reason), "Not answered: \(reason).", "\($0) exists", argument: argument)
    }
  }
}
