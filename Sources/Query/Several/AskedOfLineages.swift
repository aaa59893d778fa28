import EventBatch

/// What of a lineage matters to some predicates: rows that agree in it have the same answers.
struct AskedOfLineages {
  /// Columns of threads of which the value matters.
  private(set) var columns: Set<ThreadColumn> = []
  /// Whether the name of the process matters, the image, its environment, what is known of the container.
  private(set) var hasName = false
  private(set) var hasImage = false
  private(set) var hasEnvironment = false
  private(set) var hasContainer = false
  /// Whether what the table of users says matters.
  private(set) var hasUserNames = false
  /// Whether ancestors matter, and the leaders of the session and of the process group.
  private(set) var hasParents = false
  private(set) var hasSessionLeader = false
  private(set) var hasGroupLeader = false
  /// Whether an answer is made from other rows of the batch, so that it holds for one batch only.
  private(set) var dependsOnBatch = false

  init(_ predicates: [Predicate]) {
    for predicate in predicates {
      add(predicate.operand)
      if case .compare(_, .operand(let right)) = predicate.test { add(right) }
    }
  }

  private mutating func add(_ operand: Operand) {
    operand.forEachField { field in
      switch field.field.source {
      case .process(let property, let relation):
        add(property)
        switch relation {
        case .itself: break
        case .parent, .ancestor: hasParents = true
        case .sessionLeader:
          hasSessionLeader = true
          columns.formUnion([.session])
        case .groupLeader, .virtualGroupLeader:
          hasGroupLeader = true
          columns.formUnion([.processGroup])
        }
      case .user(let property): add(property)
      case .container:
        hasContainer = true
      case .constant, .type, .object, .event, .unanswered: break
      }
    }
    // The list of arguments is read of the image.
    if case .argumentList = operand { hasImage = true }
  }

  private mutating func add(_ property: ProcessProperty) {
    switch property {
    case .pid: columns.insert(.pid)
    case .parentPid: columns.insert(.parentPid)
    case .virtualPid: columns.insert(.virtualPid)
    case .tid: columns.insert(.tid)
    case .virtualTid: columns.insert(.virtualTid)
    case .isMainThread: columns.formUnion([.tid, .pid])
    case .threadName: columns.insert(.comm)
    case .name: hasName = true
    case .exe, .executablePath, .executableWritable, .executableUpperLayer, .executableLowerLayer, .executableInMemory,
      .executableInode, .executableChangeTime, .executableModificationTime, .argumentsTruncated, .arguments,
      .argumentCount, .argumentLength:
      hasImage = true
    case .environment: (hasImage, hasEnvironment) = (true, true)
    case .executableAgeAtStart:
      hasImage = true
      columns.insert(.processStartTime)
    case .commandLine, .exeLine, .command: (hasName, hasImage) = (true, true)
    case .workingDirectory: columns.insert(.workingDirectory)
    case .terminal: columns.insert(.tty)
    case .loginShell:
      (hasName, hasParents) = (true, true)
      columns.insert(.pid)
    case .session: columns.insert(.session)
    case .group: columns.insert(.processGroup)
    case .virtualGroup: columns.insert(.virtualProcessGroup)
    case .isSessionLeader: columns.formUnion([.session, .pid])
    case .isGroupLeader: columns.formUnion([.processGroup, .pid])
    case .isVirtualGroupLeader: columns.formUnion([.virtualProcessGroup, .virtualPid])
    case .processStart: columns.insert(.processStartTime)
    case .capabilitiesPermitted: columns.insert(.capabilitiesPermitted)
    case .capabilitiesInheritable: columns.insert(.capabilitiesInheritable)
    case .capabilitiesEffective: columns.insert(.capabilitiesEffective)
    case .cgroups, .cgroup: columns.insert(.cgroup)
    case .descriptorLimit: columns.insert(.descriptorLimit)
    case .namespaceStart, .executableAgeInNamespace: dependsOnBatch = true
    case .number(let column):
      columns.insert(column)
      // Rows of other tables have other numbers in each batch.
      if column.kind != .integer { dependsOnBatch = true }
    case .rootDirectory: columns.insert(.rootDirectory)
    case .taskFlags: columns.insert(.taskFlags)
    }
  }

  private mutating func add(_ property: UserProperty) {
    switch property {
    case .uid: columns.formUnion([.uid, .effectiveUid])
    case .gid: columns.formUnion([.gid, .effectiveGid])
    case .loginUid: columns.insert(.loginUid)
    case .name, .home, .shell:
      hasUserNames = true
      columns.formUnion([.uid, .effectiveUid])
    case .groupName:
      hasUserNames = true
      columns.formUnion([.gid, .effectiveGid])
    case .loginName:
      hasUserNames = true
      columns.insert(.loginUid)
    }
  }
}
