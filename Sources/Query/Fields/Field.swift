import CaptureFormat
import EventBatch

/// One field of the filter language: the only place that says its name, type, meaning, and where its value comes from.
///
/// Lookup, suggestions, `reel fields`, binding and evaluation all go by the table of these (`FieldTable`).
public struct Field: Sendable, Hashable {
  /// The dotted name, as filters and formats write it: `proc.name`.
  public let name: String
  /// What kind of values it has. Fields whose kind depends on their argument (`evt.rawarg`) say so when they are bound.
  public let type: FieldType
  /// One sentence for people.
  public let description: String
  /// A filter that uses the field.
  public let example: String
  /// What may stand in brackets behind the name.
  public let argument: ArgumentRule
  /// How many values it has, and how comparisons treat them.
  public let multiplicity: Multiplicity
  /// How its numbers are printed.
  let style: ValueStyle
  /// Where its value comes from.
  let source: FieldSource

  init(
    _ name: String, _ type: FieldType, _ source: FieldSource, _ description: String, _ example: String,
    argument: ArgumentRule = .none, multiplicity: Multiplicity = .single, style: ValueStyle = .plain
  ) {
    self.name = name
    self.type = type
    self.source = source
    self.description = description
    self.example = example
    self.argument = argument
    self.multiplicity = multiplicity
    self.style = style
  }

  /// The first part of the name: `proc`. Fields are listed by it.
  public var fieldClass: String { String(name.prefix { $0 != "." }) }

  /// Why the field has no value in any capture so far; `nil` for fields that are answered. Such a field can be named:
  /// filters of others stay valid, and its value is missing.
  public var unanswered: String? {
    if case .unanswered(let reason) = source { return reason }
    return nil
  }

  /// Whether the field is known of a container: `nil` for fields about other things, and for those that every capture knows.
  ///
  /// Captures always have the ids of containers; what its engine says of one may not have come. Not every container is a pod:
  /// that one has no pod says nothing.
  public var isKnown: ((ContainerInfo) -> Bool)? {
    guard case .container(let property) = source else { return nil }
    switch property {
    case .shortID, .fullID, .engine: return nil
    case .image, .repository, .tag, .digest: return { $0.texts["image"] != nil }
    case .name: return { $0.texts["name"] != nil }
    case .mount, .text, .flag, .time, .labels, .label, .pod, .podNamespace:
      return { $0.texts["image"] != nil || $0.texts["name"] != nil }
    }
  }

  /// What may stand in brackets behind a field's name.
  public enum ArgumentRule: Sendable, Hashable {
    case none
    /// A number, or nothing for all of them: `proc.aname[2]`.
    case optionalIndex
    /// A name, or nothing for all of them: `proc.env[HOME]`.
    case optionalName
    /// A number or a name, or nothing for all of them: `proc.aenv[2]`, `proc.aenv[PATH]`.
    case optionalIndexOrName
    /// A name or a number must be given: `evt.arg[0]`. The name may also follow a dot: `evt.arg.fd`.
    case required
    /// A name must be given, in brackets or behind a dot, from a fixed few or nothing: `evt.abspath.src`.
    case optionalDotted
  }

  /// How many values a field has, and how comparisons treat them.
  public enum Multiplicity: Sendable, Hashable {
    case single
    /// Two ends of a connection: a comparison holds when one end fulfils it, `!=` when both do.
    case eitherEnd
    /// All ancestors: a comparison holds when one fulfils it. Only without an index.
    case anyAncestor
    /// A list: takes `in` (all of it is in the set), `intersects` and `exists` only.
    case list
  }
}

/// How a number is printed as text.
enum ValueStyle: Sendable, Hashable {
  case plain
  /// At least nine digits, as fractions of a second are.
  case nineDigits
  case hexadecimal
}

/// Where a field's value comes from. The case decides how often it is computed: once, for each event type, for each row
/// of a dimension, or for each event.
enum FieldSource: Sendable, Hashable {
  case constant(String)
  /// A property of the event's type.
  case type(TypeProperty)
  /// A property of who did it: computed once for each lineage row.
  case process(ProcessProperty, ProcessRelation)
  case user(UserProperty)
  case container(ContainerProperty)
  /// A property of what it was done to: computed once for each object row.
  case object(ObjectProperty)
  /// A property of the event itself.
  case event(EventProperty)
  /// Known to the ecosystem, but nothing in a capture says it; with the reason.
  case unanswered(String)
}

/// Whose property it is.
enum ProcessRelation: Sendable, Hashable {
  case itself
  case parent
  /// By the field's index, 0 being the process itself; all of them (from the parent on) without one.
  case ancestor
  case sessionLeader
  case groupLeader
  case virtualGroupLeader
}

enum TypeProperty: Sendable, Hashable {
  case name, systemCall, direction, inputOutputDirection, isInputOutput, isRead, isWrite, isWait
  /// 1 for events of the type in the argument.
  case isType
}

enum ProcessProperty: Sendable, Hashable {
  case pid, parentPid, virtualPid, tid, virtualTid, isMainThread, threadName
  case name, exe, executablePath, arguments, commandLine, exeLine, command, environment, workingDirectory
  case argumentCount, argumentLength, terminal, loginShell
  case session, group, virtualGroup, isSessionLeader, isGroupLeader, isVirtualGroupLeader
  case processStart
  case executableWritable, executableUpperLayer, executableLowerLayer, executableInMemory
  case executableInode, executableChangeTime, executableModificationTime, executableAgeAtStart
  case capabilitiesPermitted, capabilitiesInheritable, capabilitiesEffective
  case cgroups, cgroup, descriptorLimit
  /// When the first process of the pid namespace was made, and how long after that the executable's inode was changed.
  case namespaceStart, executableAgeInNamespace
  case argumentsTruncated
  /// A number of the thread, as it is.
  case number(ThreadColumn)
  case rootDirectory, taskFlags
}

enum UserProperty: Sendable, Hashable {
  case uid, name, home, shell, loginUid, loginName, gid, groupName
}

enum ContainerProperty: Sendable, Hashable {
  case shortID, fullID, name, image, repository, tag, digest, engine, pod, podNamespace
  /// What a container frame says under a key: as text, as `true` or `false`, as nanoseconds of the epoch.
  case text(String), flag(String), time(String)
  /// All texts whose keys begin so, and the one that the argument names.
  case labels(String), label(String)
  case mount(MountPart)
}

/// Which part of a mount: `source:dest:mode:rdwr:propagation`. All but the source are found by the source, too; that by
/// the destination.
enum MountPart: Int, Sendable, Hashable {
  case source, destination, mode, isWritable, propagation
  case whole
}

enum ObjectProperty: Sendable, Hashable {
  case name, realName, type, typeCharacter, directory, filename
  case bothAddresses, clientAddress, serverAddress, localAddress, remoteAddress
  case bothPorts, clientPort, serverPort, localPort, remotePort
  case transport, family, isServer, isConnected, isListening
  case device, deviceMajor, deviceMinor, inode, upperLayer, lowerLayer, isDeleted
  case mount, openFlags, isNameTruncated, socketSource, socketPeer
}

enum EventProperty: Sendable, Hashable {
  case number
  case timeOfDay, timeOfDaySeconds, iso8601, dateTime, dateTimeSeconds, outputTime
  case time, timeSeconds, timeFraction, startTime
  case relativeTime, relativeSeconds, relativeFraction
  case latency, latencySeconds, latencyFraction, latencyHuman, latencyQuantized
  case deltaTime, deltaSeconds, deltaFraction
  case cpu, category, arguments, argument, rawArgument, buffer, isSyslog
  case result, rawResult, hasFailed, waitLatency
  case hasFlag(EventFlags)
  case count, errorCount(ErrorTarget?), exitCount
  case length(IODirection?, IOTarget?)
  case openRead, openWrite, openExecutable, openCreate
  case absolutePath, path, sourcePath, targetPath, pathRaw, sourcePathRaw, targetPathRaw
  case descriptor, descriptorIdentity, containerObjectName, containerDirectory, threadNameAndID
  case processDuration, parentDuration, containerDuration, hostname
  case isAsynchronous
  /// 1 for samples of processes.
  case sampleCount
  case usage(UsageProperty)
  case descriptorTypes, descriptorNameRaw, isNameChanged, polledDescriptors
  case syslog(SyslogPart)
  /// Milliseconds between the event and the time in the argument.
  case distance
  /// `evt.outputtime` in another form than the time of day.
  case shownTime(EventTimeStyle)
}

/// What a process uses, as events say that carry it.
enum UsageProperty: Sendable, Hashable {
  case virtualKiB, residentKiB, swappedKiB, virtualBytes, residentBytes
  case majorFaults, minorFaults, threads, descriptors, descriptorShare
  case runTime, cpuShare
}

/// What a message to the system log says.
enum SyslogPart: Sendable, Hashable { case facility, facilityName, severity, severityName, message }

/// How `evt.outputtime` is shown.
public enum EventTimeStyle: String, Sendable, Hashable, CaseIterable {
  /// The time of day.
  case clock
  /// Seconds of the epoch.
  case epoch
  /// Seconds since the first event of the capture.
  case relative
  /// Seconds since the event before, selected or not.
  case delta
  /// How many seconds the call took.
  case latency
}

enum IODirection: Sendable, Hashable { case read, write }
enum IOTarget: Sendable, Hashable { case file, network }
enum ErrorTarget: Sendable, Hashable { case file, network, memory, other }
