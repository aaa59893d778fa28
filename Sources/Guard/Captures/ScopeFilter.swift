import EventBatch

/// Whose events a capture holds.
enum CaptureScope: Hashable, Sendable {
  case host
  /// By its full id.
  case container(String)
  /// By the process at its root.
  case tree(ProcessIdentity)
}

/// Finds the rows of batches that belong to a scope. Batches are to be given in order: who descends from whom is remembered.
struct ScopeFilter: Sendable {
  let scope: CaptureScope
  /// Processes that belong to the tree with all their descendants.
  private var members: Set<ProcessIdentity> = []
  /// Processes that belong to it themselves.
  private let ancestors: Set<ProcessIdentity>
  /// Members that are remembered.
  private static let most = 1 << 18

  init(_ scope: CaptureScope, ancestors: some Sequence<ProcessIdentity> = []) {
    self.scope = scope
    self.ancestors = Set(ancestors)
    if case .tree(let root) = scope { members = [root] }
  }

  /// The rows that belong to the scope, ascending; `nil` when all do.
  /// - Complexity: O(rows of lineages + events).
  mutating func rows(of batch: EventBatch) -> [Int]? {
    let isMeant: [Bool]
    switch scope {
    case .host: return nil
    case .container(let id): isMeant = ScopeFilter.lineages(of: batch, in: id)
    case .tree: isMeant = lineagesOfTree(batch)
    }
    guard isMeant.contains(true) else { return [] }
    var rows: [Int] = []
    for (row, lineage) in batch.lineages.enumerated() where Int(lineage) < isMeant.count && isMeant[Int(lineage)] {
      rows.append(row)
    }
    return rows
  }

  private static func lineages(of batch: EventBatch, in id: String) -> [Bool] {
    let dimensions = batch.dimensions
    let bytes = Array(id.utf8)
    let isContainer = (0..<dimensions.containers.count).map { row in
      dimensions.containers.value(row, .id).map { dimensions.strings[Int($0)].elementsEqual(bytes) } ?? false
    }
    guard isContainer.contains(true) else { return [] }
    return (0..<dimensions.lineages.count).map { row in
      dimensions.threads.value(Int(dimensions.lineages[row, .thread]), .container).map { isContainer[Int($0)] } ?? false
    }
  }

  private mutating func lineagesOfTree(_ batch: EventBatch) -> [Bool] {
    let dimensions = batch.dimensions
    var isMember = [Bool](repeating: false, count: dimensions.lineages.count)
    var isMeant = isMember
    for row in isMember.indices {
      let thread = Int(dimensions.lineages[row, .thread])
      let identity = ProcessIdentity(
        pid: dimensions.threads[thread, .pid], start: dimensions.threads[thread, .processStartTime])
      // A parent's row is always smaller.
      let parent = dimensions.lineages.value(row, .parent).map { Int($0) < row && isMember[Int($0)] } ?? false
      isMember[row] = parent || members.contains(identity)
      if isMember[row], members.count < ScopeFilter.most { members.insert(identity) }
      isMeant[row] = isMember[row] || ancestors.contains(identity)
    }
    return isMeant
  }
}
