import EventBatch

/// Follows what becomes of containers: which process is the first of each, and who was put into it from outside.
///
/// A container is made with the first event in its control group, starts when its first process executes its program, and
/// dies with that process. Events themselves tell all this, so that it holds for every engine, and none need be asked.
struct ContainerLives {
  private struct Life {
    /// The process that the container lives as long as.
    var first: ProcessIdentity?
    /// Whether its own program runs, not that of the runtime which prepares it.
    var hasStarted = false
    /// Processes that came into it from outside and were told of.
    var entered: Set<ProcessIdentity> = []
  }

  /// What people call a container.
  struct Names {
    var name: [UInt8]?
    var image: [UInt8]?
  }

  /// By full id.
  private var lives: [[UInt8]: Life] = [:]
  private var names: [[UInt8]: Names] = [:]
  /// By row of the dimension: whether the container has a life. Most look-ups end here.
  private var knownRows: [Bool] = []

  /// Containers that are remembered, and processes of each: whoever makes them in a loop must not fill the memory.
  private static let mostContainers = 50_000
  private static let mostEntered = 10_000

  /// Whether the container of a row has a life.
  @inline(__always)
  func knows(row: Int64) -> Bool { row < Int64(knownRows.count) && knownRows[Int(row)] }

  /// Rows of containers stand for others from now on.
  mutating func forgetRows() { knownRows = [] }

  /// Gives the container of a row a life.
  /// - Returns: whether it had none by another row.
  mutating func begin(row: Int64, id: [UInt8]) -> Bool {
    while knownRows.count <= Int(row) { knownRows.append(false) }
    knownRows[Int(row)] = true
    if lives[id] != nil { return false }
    // One that is forgotten begins again with its next event, which is better than to grow for ever.
    if lives.count >= ContainerLives.mostContainers { lives.removeAll() }
    lives[id] = Life()
    return true
  }

  /// Takes note of a container's process that was there before the recording; the earliest one comes first.
  mutating func found(_ process: ProcessIdentity, in id: [UInt8], isRuntime: Bool) {
    guard var life = lives[id] else { return }
    if life.first == nil {
      life.first = process
      life.hasStarted = !isRuntime
    } else if life.entered.count < ContainerLives.mostEntered, !isRuntime {
      life.entered.insert(process)
    }
    lives[id] = life
  }

  /// What it means that a process has executed a program that is not the runtime's.
  enum Execution {
    case started
    case entered
    case nothing
  }

  /// Takes note of a program that was executed by a process whose parent is outside.
  mutating func executed(_ process: ProcessIdentity, in id: [UInt8]) -> Execution {
    guard var life = lives[id] else { return .nothing }
    defer { lives[id] = life }
    if life.first == nil || life.first == process {
      if life.hasStarted { return .nothing }
      life.first = process
      life.hasStarted = true
      return .started
    }
    guard life.entered.count < ContainerLives.mostEntered, life.entered.insert(process).inserted else {
      return .nothing
    }
    return .entered
  }

  /// Takes note of the end of a process.
  /// - Returns: whether the container ends with it.
  mutating func ended(_ process: ProcessIdentity, in id: [UInt8]) -> Bool {
    guard var life = lives[id] else { return false }
    let isFirst = life.first == process
    let hadStarted = life.hasStarted
    if isFirst {
      // It may start again under the same id.
      life = Life()
    } else {
      life.entered.remove(process)
    }
    lives[id] = life
    return isFirst && hadStarted
  }

  /// How many containers are remembered.
  var count: Int { lives.count }

  /// The first process of a container that lives.
  func first(of id: [UInt8]) -> ProcessIdentity? { lives[id]?.first }

  /// Says what people call a container.
  mutating func name(_ id: [UInt8], _ names: Names) {
    if self.names.count >= ContainerLives.mostContainers { self.names.removeAll() }
    self.names[id] = names
  }

  /// The name and image of a container, as far as they are known now.
  func names(of id: [UInt8]) -> Names { names[id] ?? Names() }
}
