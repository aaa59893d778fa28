extension FieldTable {
  /// Fields of the process.
  static let process: [Field] = [
    Field("proc.pid", .integer, .process(.pid, .itself), "The process id.", "proc.pid = 4711"),
    Field("proc.ppid", .integer, .process(.parentPid, .itself), "The parent's process id.", "proc.ppid = 1"),
    Field(
      "proc.vpid", .integer, .process(.virtualPid, .itself), "The process id inside its own pid namespace.",
      "proc.vpid = 1"),
    Field(
      "proc.pvpid", .integer, .process(.virtualPid, .parent), "The parent's process id inside its pid namespace.",
      "proc.pvpid = 1"),
    Field(
      "proc.name", .text, .process(.name, .itself), "The name of the process: of its main thread, at most 15 bytes.",
      "proc.name = nginx"),
    Field("proc.pname", .text, .process(.name, .parent), "The parent's name.", "proc.pname = sshd"),
    Field(
      "proc.aname", .text, .process(.name, .ancestor), "An ancestor's name: 1 is the parent; any without an index.",
      "proc.aname[2] = sshd", argument: .optionalIndex, multiplicity: .anyAncestor),
    Field(
      "proc.exe", .text, .process(.exe, .itself), "The first command line argument, as given.", "proc.exe = /bin/sh"),
    Field("proc.pexe", .text, .process(.exe, .parent), "The parent's first argument.", "proc.pexe = /bin/sh"),
    Field(
      "proc.aexe", .text, .process(.exe, .ancestor), "An ancestor's first argument.", "proc.aexe[2] endswith sshd",
      argument: .optionalIndex, multiplicity: .anyAncestor),
    Field(
      "proc.exepath", .text, .process(.executablePath, .itself), "The absolute path of the executable.",
      "proc.exepath = /usr/bin/curl"),
    Field(
      "proc.pexepath", .text, .process(.executablePath, .parent), "The parent's executable.",
      "proc.pexepath = /bin/bash"),
    Field(
      "proc.aexepath", .text, .process(.executablePath, .ancestor), "An ancestor's executable.",
      "proc.aexepath[2] = /usr/sbin/sshd", argument: .optionalIndex, multiplicity: .anyAncestor),
    Field(
      "proc.args", .text, .process(.arguments, .itself),
      "The arguments behind the first, with a blank between; one of them with an index.", "proc.args contains -rf",
      argument: .optionalIndex),
    Field(
      "proc.aargs", .text, .process(.arguments, .ancestor), "An ancestor's arguments.", "proc.aargs[1] contains -c",
      argument: .optionalIndex, multiplicity: .anyAncestor),
    Field(
      "proc.cmdline", .text, .process(.commandLine, .itself), "Name and arguments.", "proc.cmdline = 'ls -l'"),
    Field(
      "proc.pcmdline", .text, .process(.commandLine, .parent), "The parent's name and arguments.",
      "proc.pcmdline startswith sshd"),
    Field(
      "proc.acmdline", .text, .process(.commandLine, .ancestor), "An ancestor's name and arguments.",
      "proc.acmdline[2] startswith sshd", argument: .optionalIndex, multiplicity: .anyAncestor),
    Field(
      "proc.exeline", .text, .process(.exeLine, .itself), "First argument, a blank, and the others.",
      "proc.exeline startswith /bin/sh"),
    Field(
      "proc.command", .text, .process(.command, .itself), "The command as it was given: first argument and the others.",
      "proc.command = \"make all\""),
    Field(
      "proc.cmdnargs", .unsigned, .process(.argumentCount, .itself), "How many arguments there are behind the first.",
      "proc.cmdnargs = 0"),
    Field(
      "proc.cmdlenargs", .unsigned, .process(.argumentLength, .itself),
      "How many bytes all arguments behind the first have.", "proc.cmdlenargs > 1000"),
    Field(
      "proc.env", .text, .process(.environment, .itself),
      "The recorded environment with a blank between; one variable's value with a name.",
      "proc.env[LD_PRELOAD] exists", argument: .optionalName),
    Field(
      "proc.aenv", .text, .process(.environment, .ancestor),
      "An ancestor's environment; the value of a variable of the nearest ancestor that has it with a name.",
      "proc.aenv[1] contains LD_PRELOAD", argument: .optionalIndexOrName, multiplicity: .anyAncestor),
    Field(
      "proc.cwd", .text, .process(.workingDirectory, .itself), "The working directory, with a slash behind.",
      "proc.cwd startswith /root/"),
    Field(
      "proc.loginshellid", .integer, .process(.loginShell, .itself),
      "The process id of the oldest shell among the process and its ancestors.", "proc.loginshellid = 4711"),
    Field(
      "proc.tty", .unsigned, .process(.terminal, .itself), "The controlling terminal's device number, 0 without one.",
      "proc.tty != 0"),
    Field(
      "proc.apid", .integer, .process(.pid, .ancestor), "An ancestor's process id: 1 is the parent.",
      "proc.apid = 4711", argument: .optionalIndex, multiplicity: .anyAncestor),
    Field("proc.sid", .integer, .process(.session, .itself), "The session id.", "proc.sid = 4711"),
    Field("proc.sname", .text, .process(.name, .sessionLeader), "The session leader's name.", "proc.sname = bash"),
    Field(
      "proc.sid.exe", .text, .process(.exe, .sessionLeader), "The session leader's first argument.",
      "proc.sid.exe = -bash"),
    Field(
      "proc.sid.exepath", .text, .process(.executablePath, .sessionLeader), "The session leader's executable.",
      "proc.sid.exepath = /bin/bash"),
    Field("proc.pgid", .integer, .process(.group, .itself), "The process group's id.", "proc.pgid = 4711"),
    Field(
      "proc.pgid.name", .text, .process(.name, .groupLeader), "The process group leader's name.",
      "proc.pgid.name = make"),
    Field(
      "proc.pgid.exe", .text, .process(.exe, .groupLeader), "The process group leader's first argument.",
      "proc.pgid.exe = make"),
    Field(
      "proc.pgid.exepath", .text, .process(.executablePath, .groupLeader), "The process group leader's executable.",
      "proc.pgid.exepath = /usr/bin/make"),
    Field(
      "proc.vpgid", .integer, .process(.virtualGroup, .itself), "The process group's id inside the pid namespace.",
      "proc.vpgid = 1"),
    Field(
      "proc.vpgid.name", .text, .process(.name, .virtualGroupLeader), "The name of that group's leader.",
      "proc.vpgid.name = sh"),
    Field(
      "proc.vpgid.exe", .text, .process(.exe, .virtualGroupLeader), "The first argument of that group's leader.",
      "proc.vpgid.exe = sh"),
    Field(
      "proc.vpgid.exepath", .text, .process(.executablePath, .virtualGroupLeader),
      "The executable of that group's leader.", "proc.vpgid.exepath = /bin/sh"),
    Field(
      "proc.is_sid_leader", .boolean, .process(.isSessionLeader, .itself), "Whether the process leads its session.",
      "proc.is_sid_leader = true"),
    Field(
      "proc.is_pgid_leader", .boolean, .process(.isGroupLeader, .itself), "Whether the process leads its group.",
      "proc.is_pgid_leader = true"),
    Field(
      "proc.is_vpgid_leader", .boolean, .process(.isVirtualGroupLeader, .itself),
      "Whether the process leads its group, as its pid namespace sees it.", "proc.is_vpgid_leader = true"),
    Field(
      "proc.duration", .relativeTime, .event(.processDuration), "Nanoseconds since the process was made.",
      "proc.duration < 1000000000"),
    Field(
      "proc.ppid.duration", .relativeTime, .event(.parentDuration), "Nanoseconds since the parent was made.",
      "proc.ppid.duration < 1000000000"),
    Field(
      "proc.pid.ts", .absoluteTime, .process(.processStart, .itself),
      "When the process was made, in nanoseconds of the epoch.", "proc.pid.ts > 1764000000000000000"),
    Field(
      "proc.ppid.ts", .absoluteTime, .process(.processStart, .parent), "When the parent was made.",
      "proc.ppid.ts > 1764000000000000000"),
    Field(
      "proc.is_exe_writable", .boolean, .process(.executableWritable, .itself),
      "Whether the process may write to its executable.", "proc.is_exe_writable = true"),
    Field(
      "proc.is_exe_upper_layer", .boolean, .process(.executableUpperLayer, .itself),
      "Whether the executable is on the upper layer of an overlay file system: added after the image was made.",
      "proc.is_exe_upper_layer = true"),
    Field(
      "proc.is_exe_lower_layer", .boolean, .process(.executableLowerLayer, .itself),
      "Whether the executable is on a lower layer of an overlay file system.", "proc.is_exe_lower_layer = true"),
    Field(
      "proc.is_exe_from_memfd", .boolean, .process(.executableInMemory, .itself),
      "Whether the executable is a file in memory only.", "proc.is_exe_from_memfd = true"),
    Field(
      "proc.exe_ino", .integer, .process(.executableInode, .itself), "The executable's inode.", "proc.exe_ino = 1234"),
    Field(
      "proc.exe_ino.ctime", .absoluteTime, .process(.executableChangeTime, .itself),
      "When the executable's inode was last changed.", "proc.exe_ino.ctime > 1764000000000000000"),
    Field(
      "proc.exe_ino.mtime", .absoluteTime, .process(.executableModificationTime, .itself),
      "When the executable's content was last changed.", "proc.exe_ino.mtime > 1764000000000000000"),
    Field(
      "proc.exe_ino.ctime_duration_proc_start", .relativeTime, .process(.executableAgeAtStart, .itself),
      "Nanoseconds from the last change of the executable's inode to the start of the process.",
      "proc.exe_ino.ctime_duration_proc_start < 60000000000"),
    Field(
      "proc.exe_ino.ctime_duration_pidns_start", .absoluteTime, .process(.executableAgeInNamespace, .itself),
      "Nanoseconds from the start of the pid namespace's first process to the last change of the executable's inode, if "
        + "that came later.", "proc.exe_ino.ctime_duration_pidns_start exists"),
    Field(
      "proc.pidns_init_start_ts", .unsigned, .process(.namespaceStart, .itself),
      "When the first process of its pid namespace was made, in nanoseconds of the epoch.",
      "proc.pidns_init_start_ts > 1764000000000000000"),
    Field(
      "proc.fdlimit", .integer, .process(.descriptorLimit, .itself), "How many descriptors the process may open.",
      "proc.fdlimit < 1024"),
  ]

  /// Fields of the process that are Reel's own: the rest of what identifies it.
  static let processIdentity: [Field] = [
    Field(
      "proc.opid", .integer, .process(.number(.originalParentPid), .itself),
      "The process id of the process that made it, also after it was handed to another parent.",
      "proc.opid = 4711"),
    Field(
      "proc.vsid", .integer, .process(.number(.virtualSession), .itself),
      "The session id inside the pid namespace.", "proc.vsid = 1"),
    Field("proc.ruid", .unsigned, .process(.number(.uid), .itself), "The real user id.", "proc.ruid = 1000"),
    Field("proc.suid", .unsigned, .process(.number(.savedUid), .itself), "The saved user id.", "proc.suid = 0"),
    Field(
      "proc.fsuid", .unsigned, .process(.number(.filesystemUid), .itself),
      "The user id that access to files is checked with.", "proc.fsuid = 0"),
    Field("proc.rgid", .unsigned, .process(.number(.gid), .itself), "The real group id.", "proc.rgid = 1000"),
    Field("proc.sgid", .unsigned, .process(.number(.savedGid), .itself), "The saved group id.", "proc.sgid = 0"),
    Field(
      "proc.fsgid", .unsigned, .process(.number(.filesystemGid), .itself),
      "The group id that access to files is checked with.", "proc.fsgid = 0"),
    Field(
      "proc.root", .text, .process(.rootDirectory, .itself),
      "Its root directory, as the mount namespace's root sees it.", "proc.root != /"),
    Field(
      "proc.ns.mnt", .integer, .process(.number(.mountNamespace), .itself), "The inode of its mount namespace.",
      "proc.ns.mnt != 4026531840"),
    Field(
      "proc.ns.pid", .integer, .process(.number(.pidNamespace), .itself), "The inode of its pid namespace.",
      "proc.ns.pid != 4026531841"),
    Field(
      "proc.ns.net", .integer, .process(.number(.netNamespace), .itself), "The inode of its network namespace.",
      "proc.ns.net != 4026531842"),
    Field(
      "proc.ns.user", .integer, .process(.number(.userNamespace), .itself), "The inode of its user namespace.",
      "proc.ns.user != 4026531843"),
    Field(
      "proc.ns.uts", .integer, .process(.number(.utsNamespace), .itself), "The inode of its UTS namespace.",
      "proc.ns.uts != 4026531844"),
    Field(
      "proc.ns.ipc", .integer, .process(.number(.ipcNamespace), .itself), "The inode of its IPC namespace.",
      "proc.ns.ipc != 4026531845"),
    Field(
      "proc.ns.cgroup", .integer, .process(.number(.cgroupNamespace), .itself), "The inode of its cgroup namespace.",
      "proc.ns.cgroup != 4026531846"),
    Field(
      "proc.cgroup", .text, .process(.cgroup, .itself), "The path of its cgroup in the unified hierarchy.",
      "proc.cgroup startswith /system.slice/"),
    Field(
      "proc.cgroup.id", .integer, .process(.number(.cgroupID), .itself), "The inode of its cgroup.",
      "proc.cgroup.id = 1"),
    Field(
      "proc.is_args_truncated", .boolean, .process(.argumentsTruncated, .itself),
      "Whether arguments or environment were longer than what is recorded of them.", "proc.is_args_truncated = true"),
  ]

  /// Fields of the thread.
  static let thread: [Field] = [
    Field("thread.tid", .integer, .process(.tid, .itself), "The thread id.", "thread.tid = 4712"),
    Field(
      "thread.vtid", .integer, .process(.virtualTid, .itself), "The thread id inside its pid namespace.",
      "thread.vtid = 2"),
    Field(
      "thread.ismain", .boolean, .process(.isMainThread, .itself), "Whether it is the main thread of its process.",
      "thread.ismain = true"),
    Field("thread.name", .text, .process(.threadName, .itself), "The thread's own name.", "thread.name = worker-1"),
    Field(
      "thread.nametid", .text, .event(.threadNameAndID), "Process name and thread id, joined.",
      "thread.nametid = nginx4712"),
    Field(
      "thread.cap_permitted", .text, .process(.capabilitiesPermitted, .itself), "The permitted capabilities by name.",
      "thread.cap_permitted contains CAP_SYS_ADMIN"),
    Field(
      "thread.cap_inheritable", .text, .process(.capabilitiesInheritable, .itself),
      "The inheritable capabilities by name.", "thread.cap_inheritable contains CAP_SYS_ADMIN"),
    Field(
      "thread.cap_effective", .text, .process(.capabilitiesEffective, .itself), "The effective capabilities by name.",
      "thread.cap_effective contains CAP_SYS_PTRACE"),
    Field(
      "thread.cgroups", .text, .process(.cgroups, .itself), "The cgroup of the thread, by hierarchy.",
      "thread.cgroups contains docker"),
    Field(
      "thread.cgroup", .text, .process(.cgroup, .itself), "The cgroup of the thread in one hierarchy.",
      "thread.cgroup.cpu contains docker", argument: .required),
    Field(
      "thread.flags", .unsigned, .process(.taskFlags, .itself), "The kernel's flags of the task (`PF_*`).",
      "thread.flags != 0", style: .hexadecimal),
  ]

  /// Fields of users and groups.
  static let user: [Field] = [
    Field("user.uid", .unsigned, .user(.uid), "The effective user id.", "user.uid = 0"),
    Field("user.name", .text, .user(.name), "The effective user's name.", "user.name = root"),
    Field("user.homedir", .text, .user(.home), "The user's home directory.", "user.homedir = /root"),
    Field("user.shell", .text, .user(.shell), "The user's shell.", "user.shell endswith nologin"),
    Field(
      "user.loginuid", .integer, .user(.loginUid), "The user id of the login session, -1 without one.",
      "user.loginuid != -1"),
    Field("user.loginname", .text, .user(.loginName), "The name of that user.", "user.loginname = alice"),
    Field("group.gid", .unsigned, .user(.gid), "The effective group id.", "group.gid = 0"),
    Field("group.name", .text, .user(.groupName), "The effective group's name.", "group.name = root"),
  ]
}
