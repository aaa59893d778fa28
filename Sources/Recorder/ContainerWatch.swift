import CaptureFormat
import Containers
import Dispatch
import EventBatch
import KernelSource
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Knows the containers of the machine while it is recorded, on threads of its own: events never wait for it.
///
/// A container is found when its control group is made, or when the kernel program saw it at work. What files say of it is
/// read at once and again a little later, since engines write down some of it only after the start; what they do not say,
/// engines are asked for on another thread, which alone waits for them. Each time that something new is known it is
/// published; it binds to events before and after by the container's id.
package final class ContainerWatch: Sendable {
  /// What the watch does with what it finds; each is called on one of its threads.
  package struct Outlets: Sendable {
    /// New knowledge, for the capture.
    package var publish: @Sendable ([ContainerInfo]) -> Void
    /// A control group of a container that is to be recorded, before anything else is done with it.
    package var select: @Sendable (ControlGroups.ContainerGroup) -> Void
    /// A line for people.
    package var warn: @Sendable (String) -> Void

    /// What the watch does with what it finds.
    package init(
      publish: @escaping @Sendable ([ContainerInfo]) -> Void,
      select: @escaping @Sendable (ControlGroups.ContainerGroup) -> Void, warn: @escaping @Sendable (String) -> Void
    ) {
      self.publish = publish
      self.select = select
      self.warn = warn
    }
  }

  private let groups: ControlGroups?
  private let resolver: ContainerResolver
  private let scope: ContainerScope?
  private let outlets: Outlets
  /// Looks at files. Serial.
  private let queue = DispatchQueue(label: "reel.containers")
  /// Asks engines. Serial: one that hangs holds up the questions, and nothing else.
  private let questionQueue = DispatchQueue(label: "reel.engines")
  private let state: Mutex<State>
  private let questions: Mutex<EngineQuestions>
  /// Who can be asked: known without waiting for an answer that is under way.
  private let engines: [String]
  private let notices = GroupNotices()
  /// Set up once before anything runs; its own calls are safe on any thread.
  nonisolated(unsafe) private let source: (any DispatchSourceRead)?

  private struct State: ~Copyable {
    var containers: [String: Known] = [:]
    /// Patterns of the scope that a container was found for.
    var matched: Set<Int> = []
    /// Groups that were selected and not yet taken.
    var selected: [ControlGroups.ContainerGroup] = []
    /// What happened to containers, and names that became known, since they were last taken.
    var news = News()
    /// Questions under way.
    var asking = 0
    /// Whether the groups that were there before are being looked at.
    var isStarting = true
    var isOver = false
    /// Whether somebody was told that an engine does not answer.
    var hasWarned = false
  }

  /// What the source is to be told of containers.
  package struct News: Sendable {
    /// What they are called, by id.
    package var names: [String: (name: String?, image: String?)] = [:]
    /// What happened to them, in this order.
    package var changes: [ContainerChange] = []
  }

  /// What is known of one container.
  private struct Known {
    var container: CgroupContainer
    var group: ControlGroups.ContainerGroup?
    var facts = ContainerFacts()
    var published = ContainerFacts()
    var isInScope: Bool
    /// Its groups in other hierarchies: a task that is moved into it one hierarchy after the other is in it from the first.
    var others: [ControlGroups.ContainerGroup] = []
    /// The groups that were selected for it.
    var selectedGroups: Set<UInt64> = []
    var wasAsked = false
    /// Whether its group was there when the watch began: it may be one that an engine left behind.
    var isOld: Bool
    /// Whether it stood still at the last look; `nil` before the first.
    var isFrozen: Bool?
    /// Looks that are still to come.
    var looksLeft = ContainerWatch.looks[...]
    /// Whether its groups are to be selected: it is one that the recording is about.
    var isSelected = false

    /// Keeps a group that is not the one it is known by; of many, as of a container that starts again and again, the latest.
    mutating func remember(other group: ControlGroups.ContainerGroup) {
      others = others.suffix(7) + [group]
    }

    /// Its groups that were not selected yet; they count as selected from now on.
    mutating func takeUnselected() -> [ControlGroups.ContainerGroup] {
      ((group.map { [$0] } ?? []) + others).filter { selectedGroups.insert($0.id).inserted }
    }
  }

  /// Milliseconds after a container was found at which files are looked at again: often while it is being made, once more
  /// when it runs.
  private static let looks = [3, 10, 30, 100, 300, 1000, 3000]
  /// Of one that has a name already only the later ones: its address and start come then.
  private static let laterLooks = [300, 2000]
  /// Milliseconds between looks at who stands still, and how many containers are looked at each time: what pauses them is
  /// told by no notice of older hierarchies.
  private static let freezerPeriod = 100
  private static let freezerLooks = 50
  /// Containers that are remembered.
  private static let mostContainers = 20_000

  /// A watch that has not begun.
  /// - Parameters:
  ///   - scope: which containers are meant; `nil` for all.
  ///   - engineTimeLimit: milliseconds for an answer of an engine.
  package init(
    _ groups: ControlGroups?, _ addresses: EngineAddresses, _ scope: ContainerScope?, engineTimeLimit: Int32 = 2000,
    _ outlets: Outlets
  ) {
    self.groups = groups
    resolver = ContainerResolver(addresses)
    self.scope = scope
    self.outlets = outlets
    state = Mutex(State())
    questions = Mutex(EngineQuestions(addresses, timeLimit: engineTimeLimit))
    engines = addresses.sockets.map(\.path)
    let queue = queue
    source = notices.map { DispatchSource.makeReadSource(fileDescriptor: $0.descriptor, queue: queue) }
    for warning in addresses.warnings { outlets.warn(warning) }
  }

  /// Looks at all containers of now, and goes on watching. Returns when those that run are known as far as files tell.
  package func start() {
    guard let groups else { return }
    queue.sync {
      source?.setEventHandler { [weak self] in self?.takeNotices() }
      source?.activate()
      for hierarchy in groups.hierarchies { look(below: hierarchy.mountPoint, in: hierarchy) }
      state.withLock { $0.isStarting = false }
      lookAtFreezers(after: "")
    }
  }

  /// Looks at the next containers in the order of their ids: whether they stand still.
  private func lookAtFreezers(after last: String) {
    guard let groups else { return }
    let due = state.withLock { state -> [(id: String, group: ControlGroups.ContainerGroup)]? in
      if state.isOver { return nil }
      let living = state.containers.compactMap { id, known in
        known.isInScope ? known.group.map { (id: id, group: $0) } : nil
      }
      if living.count <= ContainerWatch.freezerLooks { return living }
      let ordered = living.sorted { $0.id < $1.id }
      let next = ordered.drop { $0.id <= last }
      return Array((next.isEmpty ? ordered[...] : next).prefix(ContainerWatch.freezerLooks))
    }
    guard let due else { return }
    for (id, group) in due {
      guard let isFrozen = groups.isFrozen(group) else { continue }
      state.withLock { state in
        guard let known = state.containers[id], known.group?.id == group.id else { return }
        state.containers[id]?.isFrozen = isFrozen
        if let before = known.isFrozen, before != isFrozen {
          state.news.changes.append(ContainerChange(known.container, isFrozen ? .paused : .unpaused))
        }
      }
    }
    let next = due.count < ContainerWatch.freezerLooks ? "" : due.last?.id ?? ""
    queue.asyncAfter(deadline: .now() + .milliseconds(ContainerWatch.freezerPeriod)) { [weak self] in
      self?.lookAtFreezers(after: next)
    }
  }

  /// What happened since the last call.
  package func takeNews() -> News {
    state.withLock { state in
      defer { state.news = News() }
      return state.news
    }
  }

  /// Takes note of containers that were seen at work.
  package func notice(_ containers: [CgroupContainer]) {
    if containers.isEmpty { return }
    queue.async { [self] in
      for container in containers where state.withLock({ $0.containers[container.id] == nil }) { find(container, nil) }
    }
  }

  /// Everything that was published.
  package var known: [ContainerInfo] {
    state.withLock { state in state.containers.map { ContainerInfo(id: $0.key, texts: $0.value.published.texts) } }
  }

  /// The control group of a container, if it is known.
  package func group(of id: String) -> ControlGroups.ContainerGroup? { state.withLock { $0.containers[id]?.group } }

  /// The groups that were selected since the last call.
  func takeSelected() -> [ControlGroups.ContainerGroup] {
    state.withLock { state in
      defer { state.selected = [] }
      return state.selected
    }
  }

  /// Whether each pattern of the scope was found.
  var hasMatchedAll: Bool { state.withLock { $0.matched.count >= (scope?.patterns.count ?? 0) } }

  /// Waits until there is a name for some containers, for a bounded time.
  func waitForNames(of ids: Set<String>, milliseconds: Int32) {
    let deadline = DispatchTime.now() + .milliseconds(Int(milliseconds))
    while DispatchTime.now() < deadline {
      let isOpen = state.withLock { state in
        ids.contains { id in
          guard let known = state.containers[id] else { return true }
          return !known.published.isNamed && (!known.looksLeft.isEmpty || state.asking > 0)
        }
      }
      if !isOpen { return }
      usleep(5000)
    }
  }

  /// Ends the watch: what is known at this moment, or within a moment, is published before this returns.
  package func finish() {
    // The last notices, and containers that were seen at the very end.
    queue.sync {
      takeNotices()
      source?.cancel()
    }
    let deadline = DispatchTime.now() + .milliseconds(500)
    while DispatchTime.now() < deadline, state.withLock({ $0.asking > 0 }) { usleep(5000) }
    let isUnanswered = queue.sync {
      state.withLock { state in
        state.isOver = true
        return state.asking > 0 && !state.hasWarned
      }
    }
    if isUnanswered {
      let engines = engines.joined(separator: ", ")
      outlets.warn(
        "the container engine at \(engines) has not answered until the end; names of containers may be missing, their ids "
          + "are right")
    }
  }

  private func takeNotices() {
    guard let groups else { return }
    for notice in notices?.take() ?? [] {
      switch notice {
      case .made(let path):
        if let hierarchy = groups.hierarchies.first(where: { path.hasPrefix($0.mountPoint + "/") }) {
          look(below: path, in: hierarchy)
        }
      case .removed: break
      case .overflow: for hierarchy in groups.hierarchies { look(below: hierarchy.mountPoint, in: hierarchy) }
      }
    }
  }

  /// Looks at a group and all below it. Each is watched before it is looked into: what is made in between is seen twice.
  private func look(below path: String, in hierarchy: ControlGroups.Hierarchy) {
    groups?.forEachGroup(below: path, in: hierarchy) { path, group in
      notices?.watch(path)
      guard let group else { return }
      guard let known = state.withLock({ $0.containers[group.container.id]?.group }) else {
        find(group.container, group)
        return
      }
      if known.id == group.id { return }
      // One that starts again has a new group of the same name.
      if hierarchy.isUnified || known.path.hasPrefix(hierarchy.mountPoint + "/") {
        find(group.container, group)
      } else {
        add(other: group)
      }
    }
  }

  /// Takes note of a container's group in another hierarchy than the one that it is known by.
  private func add(other group: ControlGroups.ContainerGroup) {
    let selected = state.withLock { state -> [ControlGroups.ContainerGroup] in
      guard var known = state.containers[group.container.id], !known.others.contains(group) else { return [] }
      known.remember(other: group)
      let selected = known.isSelected ? known.takeUnselected() : []
      state.containers[group.container.id] = known
      return selected
    }
    for group in selected { outlets.select(group) }
  }

  private func find(_ container: CgroupContainer, _ group: ControlGroups.ContainerGroup?) {
    let isNew = state.withLock { state in
      if var known = state.containers[container.id] {
        if let group, group != known.group {
          if let before = known.group { known.remember(other: before) }
          known.group = group
          known.isFrozen = nil
        }
        known.looksLeft = ContainerWatch.looks[...]
        state.containers[container.id] = known
        return true
      }
      guard state.containers.count < ContainerWatch.mostContainers else { return false }
      state.containers[container.id] = Known(
        container: container, group: group, isInScope: scope == nil, isOld: state.isStarting)
      return true
    }
    if isNew { look(at: container.id) }
  }

  /// Looks at what files say of a container, and plans the next look.
  private func look(at id: String) {
    guard let (container, group) = state.withLock({ state in state.containers[id].map { ($0.container, $0.group) } })
    else { return }
    let processes = group?.processes() ?? []
    take(resolver.facts(of: container, processes: processes), of: id)
    let next = state.withLock { state -> (milliseconds: Int, asks: Bool)? in
      guard !state.isOver, var known = state.containers[id] else { return nil }
      if known.facts.isNamed, known.looksLeft.count > ContainerWatch.laterLooks.count {
        known.looksLeft = ContainerWatch.laterLooks[...]
      }
      let milliseconds = known.looksLeft.popFirst()
      // Files are given a moment to say it all; whoever has no name then is asked about.
      // Engines leave groups behind in which nothing runs any more: of these there is nothing to be asked.
      let runs = !known.isOld || group == nil || !processes.isEmpty
      let asks = runs && !known.wasAsked && (known.facts.isNamed || known.looksLeft.count <= 4)
      if asks { known.wasAsked = true }
      state.containers[id] = known
      return milliseconds.map { ($0, asks) } ?? (asks ? (0, true) : nil)
    }
    guard let next else { return }
    if next.asks { ask(about: id) }
    if next.milliseconds > 0 {
      queue.asyncAfter(deadline: .now() + .milliseconds(next.milliseconds)) { [weak self] in self?.look(at: id) }
    }
  }

  private func ask(about id: String) {
    if engines.isEmpty { return }
    guard let facts = state.withLock({ $0.containers[id]?.facts }), !facts.isNamed || facts["image.digest"] == nil
    else {
      return
    }
    state.withLock { $0.asking += 1 }
    questionQueue.async { [weak self] in
      guard let self else { return }
      // At the end nobody waits for what was not asked yet.
      if state.withLock({ $0.isOver }) { return }
      let (answer, faults) = questions.withLock { ($0.facts(of: id, known: facts), $0.takeFaults()) }
      let isTold = state.withLock { state in
        if !faults.isEmpty { state.hasWarned = true }
        return state.isOver
      }
      if !isTold { for fault in faults { outlets.warn(fault) } }
      queue.async { [weak self] in
        self?.take(answer, of: id)
        self?.state.withLock { $0.asking -= 1 }
      }
    }
  }

  /// Adds what is known of a container. What files say counts before what was answered.
  private func take(_ facts: ContainerFacts, of id: String) {
    let (info, selected) = state.withLock { state -> (ContainerInfo?, [ControlGroups.ContainerGroup]) in
      guard !state.isOver, var known = state.containers[id] else { return (nil, []) }
      var sum = facts
      sum.fill(from: known.facts)
      known.facts = sum
      var selected: [ControlGroups.ContainerGroup] = []
      if let scope {
        let matched = scope.matches(id, sum)
        state.matched.formUnion(matched)
        if !matched.isEmpty || scope.ids.contains(id) {
          known.isInScope = true
          known.isSelected = true
          if let group = known.group, !known.selectedGroups.contains(group.id) { state.selected.append(group) }
          selected = known.takeUnselected()
        }
      }
      var info: ContainerInfo?
      if known.isInScope, known.published != sum {
        known.published = sum
        state.news.names[id] = (sum["name"], sum["image"])
        info = ContainerInfo(id: id, time: ContainerWatch.now(), texts: sum.texts)
      }
      state.containers[id] = known
      return (info, selected)
    }
    // Selected first: it may be about to do something.
    for group in selected { outlets.select(group) }
    if let info { outlets.publish([info]) }
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
