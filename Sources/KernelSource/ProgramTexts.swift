import EventBatch

// What a program was started with: its arguments and its environment.

extension EnvironmentSelection {
  /// The variables that are kept of an environment area, each followed by a NUL.
  func selected(from area: UnsafeRawBufferPointer) -> [UInt8] {
    var kept: [UInt8] = []
    for variable in area.split(separator: 0) {
      let isKept =
        switch self {
        case .all: true
        case .none: false
        case .names(let names): names.contains(Array(variable.prefix { $0 != UInt8(ascii: "=") }))
        }
      guard isKept else { continue }
      kept.append(contentsOf: variable)
      kept.append(0)
    }
    return kept
  }
}

/// The texts of a process's argument area.
struct ArgumentArea {
  /// The first argument, without its NUL.
  let first: [UInt8]
  /// All others, each with its NUL.
  let rest: [UInt8]

  /// - Parameter isFresh: the program has not run since it was executed. One that has may have written over its arguments,
  ///   and leaves a run of NULs behind them; in a fresh area each is the end of an empty argument.
  init(_ area: UnsafeRawBufferPointer, isFresh: Bool = false) {
    let end = area.firstIndex(of: 0) ?? area.count
    first = Array(area[..<end])
    var rest = end + 1 < area.count ? Array(area[(end + 1)...]) : []
    if isFresh {
      self.rest = rest
      return
    }
    while rest.count > 1, rest[rest.count - 1] == 0, rest[rest.count - 2] == 0 { rest.removeLast() }
    if rest == [0], area.count > end + 2 { rest = [] }
    if let last = rest.last, last != 0 { rest.append(0) }
    self.rest = rest
  }
}
