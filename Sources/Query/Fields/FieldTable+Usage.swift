extension FieldTable {
  /// What a process uses. Events that carry it have it: samples, switches, states, and what imported captures say with
  /// calls that make processes or change memory.
  static let usage: [Field] = [
    Field(
      "proc.vmsize", .unsigned, .event(.usage(.virtualKiB)), "KiB of virtual memory.", "proc.vmsize > 1000000"),
    Field("proc.vmrss", .unsigned, .event(.usage(.residentKiB)), "KiB of resident memory.", "proc.vmrss > 100000"),
    Field("proc.vmswap", .unsigned, .event(.usage(.swappedKiB)), "KiB of memory in swap.", "proc.vmswap > 0"),
    Field("thread.vmsize", .unsigned, .event(.usage(.virtualKiB)), "KiB of virtual memory.", "thread.vmsize > 1000000"),
    Field("thread.vmrss", .unsigned, .event(.usage(.residentKiB)), "KiB of resident memory.", "thread.vmrss > 100000"),
    Field(
      "thread.vmsize.b", .unsigned, .event(.usage(.virtualBytes)), "Bytes of virtual memory.",
      "thread.vmsize.b > 1000000000"),
    Field(
      "thread.vmrss.b", .unsigned, .event(.usage(.residentBytes)), "Bytes of resident memory.",
      "thread.vmrss.b > 100000000"),
    Field(
      "thread.pfmajor", .unsigned, .event(.usage(.majorFaults)),
      "Page faults since the thread's start that had to wait for a disk.", "thread.pfmajor > 0"),
    Field(
      "thread.pfminor", .unsigned, .event(.usage(.minorFaults)), "All other page faults since the thread's start.",
      "thread.pfminor > 1000"),
    Field("proc.nthreads", .unsigned, .event(.usage(.threads)), "How many threads it has.", "proc.nthreads > 100"),
    Field(
      "proc.fdopencount", .unsigned, .event(.usage(.descriptors)), "How many descriptors are open.",
      "proc.fdopencount > 1000"),
    Field(
      "proc.fdusage", .decimal, .event(.usage(.descriptorShare)),
      "How many descriptors are open, in percent of those it may open.", "proc.fdusage > 80"),
    Field(
      "thread.exectime", .relativeTime, .event(.usage(.runTime)),
      "How long the thread had the CPU before it left it, in nanoseconds; of switches only.",
      "thread.exectime > 1000000"),
    Field(
      "thread.cpu", .decimal, .event(.usage(.cpuShare)),
      "The CPU time that the process used since the sample before, in percent of a second.", "thread.cpu > 50"),
  ]

  /// Messages to the system log, by their priority.
  static let message: [Field] = [
    Field(
      "syslog.facility", .unsigned, .event(.syslog(.facility)),
      "The number of the facility of a message to the system log.",
      "syslog.facility = 4"),
    Field(
      "syslog.facility.str", .text, .event(.syslog(.facilityName)), "The facility's name.",
      "syslog.facility.str = auth"),
    Field(
      "syslog.severity", .unsigned, .event(.syslog(.severity)), "The number of the severity: 0 is the gravest.",
      "syslog.severity <= 3"),
    Field(
      "syslog.severity.str", .text, .event(.syslog(.severityName)), "The severity's name.", "syslog.severity.str = err"),
    Field(
      "syslog.message", .text, .event(.syslog(.message)), "The message without its priority.",
      "syslog.message contains failed"),
  ]
}
