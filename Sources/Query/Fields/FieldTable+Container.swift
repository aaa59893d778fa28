extension FieldTable {
  /// Fields of containers.
  static let container: [Field] = [
    Field(
      "container.id", .text, .container(.shortID),
      "The first 12 characters of the container's id; `host` outside of any.",
      "container.id != host"),
    Field("container.full_id", .text, .container(.fullID), "The container's full id.", "container.full_id exists"),
    Field(
      "container.name", .text, .container(.name), "The container's name; `host` outside of any.",
      "container.name = web"),
    Field(
      "container.type", .text, .container(.engine), "The engine that runs it; `host` outside of any.",
      "container.type = docker"),
    Field("container.image", .text, .container(.image), "The image's name.", "container.image startswith nginx"),
    Field(
      "container.image.repository", .text, .container(.repository), "The image's name without tag and digest.",
      "container.image.repository = library/nginx"),
    Field("container.image.tag", .text, .container(.tag), "The image's tag.", "container.image.tag = latest"),
    Field(
      "container.image.digest", .text, .container(.digest), "The image's digest.",
      "container.image.digest startswith sha256:"),
    Field("container.image.id", .text, .container(.text("image.id")), "The image's id.", "container.image.id exists"),
    Field(
      "container.privileged", .boolean, .container(.flag("privileged")), "Whether it runs with all privileges.",
      "container.privileged = true"),
    Field(
      "container.mounts", .text, .container(.text("mounts")),
      "What is mounted into it, each as `source:dest:mode:rdwr:propagation`, with commas between.",
      "container.mounts contains docker.sock"),
    Field(
      "container.mount", .text, .container(.mount(.whole)),
      "One mount, by its number or by its source, which may be a pattern.", "container.mount[/etc] exists",
      argument: .required),
    Field(
      "container.mount.source", .text, .container(.mount(.source)),
      "The source of a mount, by its number or its destination.", "container.mount.source[/data] startswith /srv",
      argument: .required),
    Field(
      "container.mount.dest", .text, .container(.mount(.destination)),
      "The destination of a mount, by its number or its source.", "container.mount.dest[/proc*] exists",
      argument: .required),
    Field(
      "container.mount.mode", .text, .container(.mount(.mode)), "The mode of a mount, by its number or its source.",
      "container.mount.mode[/etc] = ro", argument: .required),
    Field(
      "container.mount.rdwr", .text, .container(.mount(.isWritable)),
      "Whether a mount may be written to, by its number or its source.", "container.mount.rdwr[/etc] = true",
      argument: .required),
    Field(
      "container.mount.propagation", .text, .container(.mount(.propagation)),
      "The propagation of a mount, by its number or its source.", "container.mount.propagation[0] = rprivate",
      argument: .required),
    Field(
      "container.healthcheck", .text, .container(.text("healthcheck")), "The command that checks its health.",
      "container.healthcheck exists"),
    Field(
      "container.liveness_probe", .text, .container(.text("liveness_probe")), "The command of its liveness probe.",
      "container.liveness_probe exists"),
    Field(
      "container.readiness_probe", .text, .container(.text("readiness_probe")), "The command of its readiness probe.",
      "container.readiness_probe exists"),
    Field(
      "container.start_ts", .absoluteTime, .container(.time("started")), "When it was started.",
      "container.start_ts > 1764000000000000000"),
    Field(
      "container.duration", .relativeTime, .event(.containerDuration), "Nanoseconds since it was started.",
      "container.duration < 60000000000"),
    Field("container.ip", .text, .container(.text("ip")), "Its IP address.", "container.ip = 172.17.0.2"),
    Field(
      "container.cni.json", .text, .container(.text("cni.json")), "What the network plugin said, as JSON.",
      "container.cni.json exists"),
    Field(
      "container.host_pid", .boolean, .container(.flag("host_pid")), "Whether it shares the host's pid namespace.",
      "container.host_pid = true"),
    Field(
      "container.host_network", .boolean, .container(.flag("host_network")),
      "Whether it shares the host's network namespace.", "container.host_network = true"),
    Field(
      "container.host_ipc", .boolean, .container(.flag("host_ipc")), "Whether it shares the host's IPC namespace.",
      "container.host_ipc = true"),
    Field(
      "container.labels", .text, .container(.labels("label.")), "All labels: `key:value, key:value`.",
      "container.labels contains team"),
    Field(
      "container.label", .text, .container(.label("label.")), "One label.", "container.label.team = billing",
      argument: .required),
    Field(
      "k8s.pod.id", .text, .container(.text("pod.uid")), "The pod's unique id; the same as `k8s.pod.uid`.",
      "k8s.pod.id exists"),
    Field("k8s.pod.uid", .text, .container(.text("pod.uid")), "The pod's unique id.", "k8s.pod.uid exists"),
    Field(
      "k8s.pod.sandbox_id", .text, .container(.text("pod.sandbox_id")), "The id of the pod's sandbox, shortened.",
      "k8s.pod.sandbox_id exists"),
    Field(
      "k8s.pod.full_sandbox_id", .text, .container(.text("pod.full_sandbox_id")), "The id of the pod's sandbox.",
      "k8s.pod.full_sandbox_id exists"),
    Field("k8s.pod.ip", .text, .container(.text("pod.ip")), "The pod's IP address.", "k8s.pod.ip = 10.0.0.7"),
    Field(
      "k8s.pod.cni.json", .text, .container(.text("pod.cni.json")), "What the pod's network plugin said, as JSON.",
      "k8s.pod.cni.json exists"),
    Field(
      "k8s.pod.labels", .text, .container(.labels("pod.label.")), "All labels of the pod: `key:value, key:value`.",
      "k8s.pod.labels contains app"),
    Field(
      "k8s.pod.label", .text, .container(.label("pod.label.")), "One label of the pod.", "k8s.pod.label.app = web",
      argument: .required),
    Field("k8s.pod.name", .text, .container(.pod), "The pod's name.", "k8s.pod.name startswith web-"),
    Field("k8s.ns.name", .text, .container(.podNamespace), "The pod's namespace.", "k8s.ns.name = kube-system"),
  ]
}
