import Containers

/// Which containers a recording is about.
public struct ContainerScope: Sendable {
  /// How a user names them.
  public var patterns: [ContainerPattern]
  /// Ids that they stood for when the recording was asked for: those are meant, whatever else has such a name.
  public var ids: Set<String> = []
  /// Whether the recording counts its time from when each was there.
  public var waits = false
  /// Whether it ends when they are gone.
  public var endsWithThem = false

  /// Containers by their patterns.
  public init(_ patterns: [ContainerPattern]) { self.patterns = patterns }

  /// The patterns that a container fits.
  func matches(_ id: String, _ facts: ContainerFacts) -> [Int] {
    patterns.indices.filter { patterns[$0].match(id: id, facts) != nil }
  }
}

/// The containers that run now, with what files and engines say of them.
public struct RunningContainers: Sendable {
  /// One of them.
  public struct Entry: Sendable {
    /// Its control group.
    public let group: ControlGroups.ContainerGroup
    /// What is known.
    public let facts: ContainerFacts
    /// Whether something runs in it: a group without processes is what a container left, or one that is being made.
    public var isRunning: Bool { !group.processes().isEmpty }
  }

  /// In the order of their paths.
  public let entries: [Entry]
  /// What was found wrong with engines, one line each.
  public let faults: [String]

  /// Looks at all control groups, and asks.
  ///
  /// - Parameters:
  ///   - asksEngines: whether engines are asked for what files do not say; up to the time limit for each that is silent.
  public init(_ groups: ControlGroups, _ addresses: EngineAddresses, asksEngines: Bool = true) {
    let resolver = ContainerResolver(addresses)
    var questions = EngineQuestions(addresses)
    entries = groups.containerGroups().map { group in
      var facts = resolver.facts(of: group.container, processes: group.processes())
      if asksEngines, !facts.isNamed || facts["image.digest"] == nil {
        facts.fill(from: questions.facts(of: group.container.id, known: facts))
      }
      return Entry(group: group, facts: facts)
    }
    faults = addresses.warnings + questions.takeFaults()
  }
}
