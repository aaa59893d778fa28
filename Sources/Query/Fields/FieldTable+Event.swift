extension FieldTable {
  /// Fields of the event itself.
  static let event: [Field] = [
    Field("evt.num", .unsigned, .event(.number), "The event's ordinal in its capture.", "evt.num > 1000"),
    Field(
      "evt.time", .text, .event(.timeOfDay), "When the call returned: time of day with nanoseconds.",
      "evt.time startswith 12:03"),
    Field("evt.time.s", .text, .event(.timeOfDaySeconds), "Time of day without a fraction.", "evt.time.s = 12:03:04"),
    Field(
      "evt.time.iso8601", .text, .event(.iso8601), "Date and time in ISO 8601, in UTC.",
      "evt.time.iso8601 startswith 2026-11-24T"),
    Field(
      "evt.datetime", .text, .event(.dateTime), "Date and time with nanoseconds.",
      "evt.datetime startswith '2026-11-24 12:03'"),
    Field(
      "evt.datetime.s", .text, .event(.dateTimeSeconds), "Date and time without a fraction.",
      "evt.datetime.s = '2026-11-24 12:03:04'"),
    Field(
      "evt.outputtime", .text, .event(.outputTime), "The time as event lists print it.",
      "evt.outputtime startswith 12:03"),
    Field(
      "evt.around", .relativeTime, .event(.distance),
      "Milliseconds between the event and a time as `evt.rawtime` prints it; `=` selects all events that are no farther.",
      "evt.around[1764000000000000000] = 1000", argument: .required),
    Field(
      "evt.rawtime", .absoluteTime, .event(.time), "When the call returned, in nanoseconds of the epoch.",
      "evt.rawtime >= 1764000000000000000"),
    Field(
      "evt.rawtime.s", .absoluteTime, .event(.timeSeconds), "The whole seconds of `evt.rawtime`.",
      "evt.rawtime.s = 1764000000"),
    Field(
      "evt.rawtime.ns", .absoluteTime, .event(.timeFraction), "The nanoseconds within the second.",
      "evt.rawtime.ns < 1000", style: .nineDigits),
    Field(
      "evt.starttime", .absoluteTime, .event(.startTime),
      "When the call began, in nanoseconds of the epoch; missing when the latency is.",
      "evt.starttime < 1764000000000000000"),
    Field(
      "evt.reltime", .relativeTime, .event(.relativeTime), "Nanoseconds since the first event of the capture.",
      "evt.reltime < 1000000000", style: .nineDigits),
    Field(
      "evt.reltime.s", .relativeTime, .event(.relativeSeconds), "Whole seconds since the first event.",
      "evt.reltime.s = 5"),
    Field(
      "evt.reltime.ns", .relativeTime, .event(.relativeFraction), "The fraction of `evt.reltime` in nanoseconds.",
      "evt.reltime.ns < 1000", style: .nineDigits),
    Field(
      "evt.latency", .relativeTime, .event(.latency), "How long the call took, in nanoseconds.",
      "evt.latency > 1000000"),
    Field(
      "evt.latency.s", .relativeTime, .event(.latencySeconds), "The whole seconds of the latency.",
      "evt.latency.s >= 1"),
    Field(
      "evt.latency.ns", .relativeTime, .event(.latencyFraction), "The fraction of the latency in nanoseconds.",
      "evt.latency.ns > 500000000", style: .nineDigits),
    Field(
      "evt.latency.human", .text, .event(.latencyHuman), "The latency with a unit: `1.53us`.",
      "evt.latency.human endswith ms"),
    Field(
      "evt.latency.quantized", .unsigned, .event(.latencyQuantized),
      "Ten times the decimal logarithm of the latency: the column of a spectrogram.", "evt.latency.quantized > 60"),
    Field(
      "evt.deltatime", .relativeTime, .event(.deltaTime), "Nanoseconds since the event before this one.",
      "evt.deltatime > 1000000"),
    Field(
      "evt.deltatime.s", .relativeTime, .event(.deltaSeconds), "The whole seconds of `evt.deltatime`.",
      "evt.deltatime.s >= 1"),
    Field(
      "evt.deltatime.ns", .relativeTime, .event(.deltaFraction), "The fraction of `evt.deltatime` in nanoseconds.",
      "evt.deltatime.ns > 1000000", style: .nineDigits),
    Field(
      "evt.dir", .text, .type(.direction), "The direction, `<` for all events: one event stands for the whole call.",
      "evt.dir = <"),
    Field("evt.type", .text, .type(.name), "The event's name.", "evt.type in (open, openat)"),
    Field(
      "evt.type.is", .unsigned, .type(.isType), "1 for events of the named type, else 0.", "evt.type.is.openat = 1",
      argument: .required),
    Field(
      "syscall.type", .text, .type(.systemCall), "The kernel's name of the system call; missing for other events.",
      "syscall.type = pread64"),
    Field(
      "evt.category", .text, .event(.category),
      "What the event is about: file, net, ipc, memory, process, sleep, system, signal, user, time and others.",
      "evt.category = net"),
    Field("evt.cpu", .integer, .event(.cpu), "The CPU on which the call returned.", "evt.cpu = 0"),
    Field(
      "evt.args", .text, .event(.arguments), "All arguments as one text: `fd=3(<f>/etc/passwd) size=4096`.",
      "evt.args contains /etc"),
    Field(
      "evt.info", .text, .event(.arguments), "What event lists print for the arguments; the same as `evt.args`.",
      "evt.info contains /etc"),
    Field(
      "evt.arg", .text, .event(.argument), "One argument as text, by name or by position.",
      "evt.arg.flags contains O_CREAT", argument: .required),
    Field(
      "evt.rawarg", .text, .event(.rawArgument), "One argument as it is: numbers stay numbers.",
      "evt.rawarg.size > 4096", argument: .required),
    Field(
      "evt.res", .text, .event(.result), "`SUCCESS`, or the name of the error.", "evt.res = ENOENT"),
    Field("evt.rawres", .integer, .event(.rawResult), "What the call returned, as a number.", "evt.rawres < 0"),
    Field("evt.failed", .boolean, .event(.hasFailed), "Whether the call returned an error.", "evt.failed = true"),
    Field(
      "evt.is_unfinished", .boolean, .event(.hasFlag(.unfinished)),
      "Whether the call was still running when the capture ended.",
      "evt.is_unfinished = true"),
    Field(
      "evt.is_unreadable", .boolean, .event(.hasFlag(.argumentUnreadable)),
      "Whether an argument is missing because the caller's memory could not be read there.",
      "evt.is_unreadable = true"),
    Field(
      "evt.is_truncated", .boolean, .event(.hasFlag(.argumentTruncated)),
      "Whether a text or a list among the arguments was longer than what is recorded of it.",
      "evt.is_truncated = true"),
    Field(
      "evt.is_payload_truncated", .boolean, .event(.hasFlag(.payloadTruncated)),
      "Whether more bytes were moved than are recorded.", "evt.is_payload_truncated = true"),
    Field(
      "evt.is_compat", .boolean, .event(.hasFlag(.compat)),
      "Whether the call came through the 32-bit entry of x86 (`int 0x80`, or a 32-bit program).",
      "evt.is_compat = true"),
    Field(
      "evt.is_io", .boolean, .type(.isInputOutput), "Whether the call reads from or writes to a descriptor.",
      "evt.is_io = true"),
    Field(
      "evt.is_io_read", .boolean, .type(.isRead), "Whether the call reads from a descriptor.", "evt.is_io_read = true"),
    Field(
      "evt.is_io_write", .boolean, .type(.isWrite), "Whether the call writes to a descriptor.",
      "evt.is_io_write = true"),
    Field(
      "evt.io_dir", .text, .type(.inputOutputDirection), "`read` or `write` for calls that do so.",
      "evt.io_dir = read"),
    Field(
      "evt.is_wait", .boolean, .type(.isWait), "Whether the call may sleep until something happens.",
      "evt.is_wait = true"),
    Field(
      "evt.wait_latency", .relativeTime, .event(.waitLatency), "The latency of calls that wait.",
      "evt.wait_latency > 1000000000"),
    Field(
      "evt.is_syslog", .boolean, .event(.isSyslog), "Whether the call writes to the system log's socket.",
      "evt.is_syslog = true"),
    Field(
      "evt.buffer", .bytes, .event(.buffer), "The bytes that were read or written, as far as they were recorded.",
      "evt.buffer contains HTTP"),
    Field(
      "evt.buflen", .unsigned, .event(.length(nil, nil)),
      "How many bytes were read or written; 0 of other operations on descriptors.", "evt.buflen > 4096"),
    Field("evt.buflen.in", .unsigned, .event(.length(.read, nil)), "How many bytes were read.", "evt.buflen.in > 0"),
    Field(
      "evt.buflen.out", .unsigned, .event(.length(.write, nil)), "How many bytes were written.", "evt.buflen.out > 0"),
    Field(
      "evt.buflen.file", .unsigned, .event(.length(nil, .file)), "How many bytes of files were read or written.",
      "evt.buflen.file > 0"),
    Field(
      "evt.buflen.file.in", .unsigned, .event(.length(.read, .file)), "How many bytes were read from files.",
      "evt.buflen.file.in > 0"),
    Field(
      "evt.buflen.file.out", .unsigned, .event(.length(.write, .file)), "How many bytes were written to files.",
      "evt.buflen.file.out > 0"),
    Field(
      "evt.buflen.net", .unsigned, .event(.length(nil, .network)), "How many bytes went through network sockets.",
      "evt.buflen.net > 0"),
    Field(
      "evt.buflen.net.in", .unsigned, .event(.length(.read, .network)), "How many bytes came from the network.",
      "evt.buflen.net.in > 0"),
    Field(
      "evt.buflen.net.out", .unsigned, .event(.length(.write, .network)), "How many bytes went to the network.",
      "evt.buflen.net.out > 0"),
    Field("evt.count", .unsigned, .event(.count), "Always 1: for sums.", "evt.count = 1"),
    Field(
      "evt.count.error", .unsigned, .event(.errorCount(nil)), "1 for failed calls, missing for others.",
      "evt.count.error = 1"),
    Field(
      "evt.count.error.file", .unsigned, .event(.errorCount(.file)), "1 for failed calls about files.",
      "evt.count.error.file = 1"),
    Field(
      "evt.count.error.net", .unsigned, .event(.errorCount(.network)), "1 for failed calls about sockets.",
      "evt.count.error.net = 1"),
    Field(
      "evt.count.error.memory", .unsigned, .event(.errorCount(.memory)), "1 for failed calls about memory.",
      "evt.count.error.memory = 1"),
    Field(
      "evt.count.error.other", .unsigned, .event(.errorCount(.other)), "1 for all other failed calls.",
      "evt.count.error.other = 1"),
    Field(
      "evt.count.procinfo", .unsigned, .event(.sampleCount), "1 for samples of what a process uses.",
      "evt.count.procinfo = 1"),
    Field(
      "evt.count.threadinfo", .unsigned, .event(.sampleCount),
      "The same as `evt.count.procinfo`: samples are of whole processes.", "evt.count.threadinfo = 1"),
    Field("evt.count.exit", .unsigned, .event(.exitCount), "1 for each call.", "evt.count.exit = 1"),
    Field(
      "evt.is_open_read", .boolean, .event(.openRead), "Whether the call opens a file for reading.",
      "evt.is_open_read = true"),
    Field(
      "evt.is_open_write", .boolean, .event(.openWrite), "Whether the call opens a file for writing.",
      "evt.is_open_write = true"),
    Field(
      "evt.is_open_exec", .boolean, .event(.openExecutable),
      "Whether the call makes a file that somebody may execute.", "evt.is_open_exec = true"),
    Field(
      "evt.is_open_create", .boolean, .event(.openCreate),
      "Whether the call opens a file and makes it when it is not there.", "evt.is_open_create = true"),
    Field(
      "evt.abspath", .text, .event(.absolutePath),
      "The absolute path in the arguments; `.src` and `.dst` for calls with two.", "evt.abspath startswith /tmp/",
      argument: .optionalDotted),
    Field(
      "evt.is_async", .boolean, .event(.isAsynchronous), "Whether a plugin made the event: never.",
      "evt.is_async = false"),
    Field("evt.hostname", .text, .event(.hostname), "The machine that was recorded.", "evt.hostname = web-1"),
    Field(
      "evt.source", .text, .constant("syscall"), "Where events come from: always `syscall`.", "evt.source = syscall"),
  ]

  /// Fields of the paths in an event's arguments.
  static let path: [Field] = [
    Field(
      "fs.path.name", .text, .event(.path), "The absolute path that a call about one file names.",
      "fs.path.name = /etc/shadow"),
    Field(
      "fs.path.nameraw", .text, .event(.pathRaw), "The same path as the task wrote it.", "fs.path.nameraw contains .."),
    Field(
      "fs.path.source", .text, .event(.sourcePath), "The absolute path from which a call moves or links.",
      "fs.path.source startswith /etc"),
    Field(
      "fs.path.sourceraw", .text, .event(.sourcePathRaw), "The same path as the task wrote it.",
      "fs.path.sourceraw contains .."),
    Field(
      "fs.path.target", .text, .event(.targetPath), "The absolute path to which a call moves or links.",
      "fs.path.target startswith /tmp"),
    Field(
      "fs.path.targetraw", .text, .event(.targetPathRaw), "The same path as the task wrote it.",
      "fs.path.targetraw contains .."),
  ]
}
