import Query

/// The names of the fields that others have, by the kind of their values; `[]` behind those that take an argument. What is
/// here is answered, or listed with a reason for not being.
enum ReferenceFields {
  /// Fields of libsinsp, in July 2026.
  static let typed: [(FieldType?, String)] = [
    (
      .unsigned,
      """
      evt.num evt.latency.quantized evt.type.is[] evt.buflen evt.count evt.count.error evt.count.error.file
      evt.count.error.net evt.count.error.memory evt.count.error.other evt.count.exit evt.count.procinfo
      evt.count.threadinfo evt.buflen.in evt.buflen.out evt.buflen.file evt.buflen.file.in evt.buflen.file.out
      evt.buflen.net evt.buflen.net.in evt.buflen.net.out proc.cmdnargs proc.cmdlenargs proc.tty
      proc.pidns_init_start_ts proc.fdopencount proc.vmsize proc.vmrss proc.vmswap thread.pfmajor thread.pfminor
      proc.nthreads proc.nchilds thread.vmsize thread.vmrss thread.vmsize.b thread.vmrss.b user.uid group.gid
      util.cnt
      """
    ),
    (
      .text,
      """
      evt.time evt.time.s evt.time.iso8601 evt.datetime evt.datetime.s evt.pluginname evt.plugininfo evt.source
      evt.asynctype evt.hostname evt.latency.human evt.outputtime evt.dir evt.type syscall.type evt.category
      evt.args evt.arg[] evt.info evt.res evt.io_dir evt.abspath[] evt.infra.docker.name
      evt.infra.docker.container.id evt.infra.docker.container.name evt.infra.docker.container.image proc.exe
      proc.pexe proc.aexe[] proc.exepath proc.pexepath proc.aexepath[] proc.name proc.pname proc.aname[]
      proc.args[] proc.aargs[] proc.cmdline proc.pcmdline proc.acmdline[] proc.exeline proc.env[] proc.aenv[]
      proc.cwd proc.sname proc.sid.exe proc.sid.exepath proc.vpgid.name proc.vpgid.exe proc.vpgid.exepath
      proc.pgid.name proc.pgid.exe proc.pgid.exepath thread.cap_permitted thread.cap_inheritable
      thread.cap_effective thread.nametid thread.cgroups thread.cgroup[] proc.stdin.type proc.stdout.type
      proc.stderr.type proc.stdin.name proc.stdout.name proc.stderr.name user.name user.homedir user.shell
      user.loginname group.name fd.type fd.typechar fd.name fd.directory fd.filename fd.l4proto fd.sockfamily
      fd.uid fd.containername fd.containerdirectory fd.cproto fd.sproto fd.lproto fd.rproto fd.cip.name fd.sip.name
      fd.lip.name fd.rip.name fd.nameraw fd.types[] fs.path.name fs.path.nameraw fs.path.source fs.path.sourceraw
      fs.path.target fs.path.targetraw fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports
      """
    ),
    (
      .absoluteTime,
      """
      evt.rawtime evt.rawtime.s evt.rawtime.ns proc.exe_ino.ctime proc.exe_ino.mtime
      proc.exe_ino.ctime_duration_proc_start proc.exe_ino.ctime_duration_pidns_start
      """
    ),
    (
      .relativeTime,
      """
      evt.reltime evt.reltime.s evt.reltime.ns evt.latency evt.latency.s evt.latency.ns evt.deltatime
      evt.deltatime.s evt.deltatime.ns evt.wait_latency proc.duration proc.ppid.duration proc.pid.ts proc.ppid.ts
      thread.exectime thread.totexectime
      """
    ),
    (
      .boolean,
      """
      evt.is_async evt.failed evt.is_io evt.is_io_read evt.is_io_write evt.is_wait evt.is_syslog evt.is_open_read
      evt.is_open_write evt.is_open_exec evt.is_open_create proc.is_exe_writable proc.is_exe_upper_layer
      proc.is_exe_lower_layer proc.is_exe_from_memfd proc.is_sid_leader proc.is_vpgid_leader proc.is_pgid_leader
      thread.ismain fd.is_server fd.connected fd.name_changed fd.is_upper_layer fd.is_lower_layer
      """
    ),
    (
      .integer,
      """
      evt.cpu evt.rawres proc.loginshellid proc.pid proc.ppid proc.apid[] proc.vpid proc.pvpid proc.sid proc.vpgid
      proc.pgid proc.exe_ino proc.fdlimit thread.tid thread.vtid user.loginuid fd.num fd.dev fd.dev.major
      fd.dev.minor fd.ino
      """
    ),
    (
      nil,
      """
      evt.rawarg[]
      """
    ),
    (
      .bytes,
      """
      evt.buffer
      """
    ),
    (
      .decimal,
      """
      proc.fdusage thread.cpu thread.cpu.user thread.cpu.system
      """
    ),
    (
      .address,
      """
      fd.ip fd.cip fd.sip fd.lip fd.rip
      """
    ),
    (
      .port,
      """
      fd.port fd.cport fd.sport fd.lport fd.rport fd.proto
      """
    ),
    (
      .network,
      """
      fd.net fd.cnet fd.snet fd.lnet fd.rnet
      """
    ),
  ]

  /// Fields of the plugins for containers and for Kubernetes.
  static let plugins = """
    container.id container.full_id container.name container.image container.image.id container.image.repository
    container.image.tag container.image.digest container.type container.privileged container.mounts container.mount
    container.mount.source container.mount.dest container.mount.mode container.mount.rdwr
    container.mount.propagation container.healthcheck container.liveness_probe container.readiness_probe
    container.start_ts container.duration container.ip container.cni.json container.host_pid container.host_network
    container.host_ipc container.label container.labels k8s.pod.name k8s.pod.id k8s.pod.uid k8s.pod.sandbox_id
    k8s.pod.full_sandbox_id k8s.pod.label k8s.pod.labels k8s.pod.ip k8s.pod.cni.json k8s.ns.name k8s.ns.id
    k8s.ns.label k8s.ns.labels k8s.rc.name k8s.rc.id k8s.rc.label k8s.rc.labels k8s.rs.name k8s.rs.id k8s.rs.label
    k8s.rs.labels k8s.svc.name k8s.svc.id k8s.svc.label k8s.svc.labels k8s.deployment.name k8s.deployment.id
    k8s.deployment.label k8s.deployment.labels proc.is_container_healthcheck proc.is_container_liveness_probe
    proc.is_container_readiness_probe k8smeta.pod.name k8smeta.pod.uid k8smeta.pod.label k8smeta.pod.labels
    k8smeta.ns.name k8smeta.ns.uid k8smeta.ns.label k8smeta.ns.labels k8smeta.deployment.name
    k8smeta.deployment.uid k8smeta.deployment.label k8smeta.deployment.labels k8smeta.svc.name k8smeta.svc.uid
    k8smeta.svc.label k8smeta.svc.labels k8smeta.rs.name k8smeta.rs.uid k8smeta.rs.label k8smeta.rs.labels
    k8smeta.rc.name k8smeta.rc.uid k8smeta.rc.label k8smeta.rc.labels k8smeta.pod.ip
    """

  /// Fields that sysdig 0.29 had and that are gone since.
  static let gone = """
    evt.around syslog.facility.str syslog.facility syslog.severity.str syslog.severity syslog.message
    mesos.task.name mesos.task.id mesos.task.label mesos.task.labels mesos.framework.name mesos.framework.id
    marathon.app.name marathon.app.id marathon.app.label marathon.app.labels marathon.group.name marathon.group.id
    span.id span.time span.ntags span.nargs span.tags span.tag span.args span.arg span.enterargs span.enterarg
    span.duration span.duration.human evtin.span.id evtin.span.ntags evtin.span.nargs evtin.span.tags
    evtin.span.tag evtin.span.args evtin.span.arg evtin.span.p.id evtin.span.p.ntags evtin.span.p.nargs
    evtin.span.p.tags evtin.span.p.tag evtin.span.p.args evtin.span.p.arg evtin.span.s.id evtin.span.s.ntags
    evtin.span.s.nargs evtin.span.s.tags evtin.span.s.tag evtin.span.s.args evtin.span.s.arg evtin.span.m.id
    evtin.span.m.ntags evtin.span.m.nargs evtin.span.m.tags evtin.span.m.tag evtin.span.m.args evtin.span.m.arg
    """
}
