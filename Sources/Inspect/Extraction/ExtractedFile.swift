import Query

/// What a capture tells about the content of a file.
public struct ExtractedFile: Sendable {
  /// The name it was opened by.
  public let name: FieldValue
  /// The id of the container, `host` outside.
  public let container: FieldValue
  /// How large it is as far as the capture tells.
  public internal(set) var size: Int64 = 0
  /// How many bytes were read from it.
  public internal(set) var read: Int64 = 0
  /// How many bytes were written to it.
  public internal(set) var written: Int64 = 0
  var covered = CoveredBytes()
  /// Whether its end was seen: it was empty once, or somebody read up to the end.
  public internal(set) var isEndKnown = false
  /// Whether nobody has asked for it yet: it was opened to be written, which the kernel may do without a call that shows it.
  var isCandidate = false
  /// Whether something went in or out. What was opened only is not written out.
  public var isTouched: Bool { !isCandidate || read > 0 || written > 0 }
  /// How many bytes were moved at places that are not known: they are left out.
  public internal(set) var misplaced: Int64 = 0

  init(name: FieldValue, container: FieldValue) {
    self.name = name
    self.container = container
  }

  /// The ranges that the capture does not hold; they are zeros in the file.
  public var holes: [Range<Int64>] { covered.holes(size: size) }

  /// How many bytes the capture does hold.
  public var recorded: Int64 { covered.count }

  /// Whether all bytes are there, as far as calls tell: what programs write through memory maps nobody sees.
  public var isComplete: Bool { isEndKnown && misplaced == 0 && covered.holes(size: size).isEmpty }

  /// What is missing, in words; `nil` when nothing is.
  public var shortfall: String? {
    var reasons: [String] = []
    let holes = holes
    if !holes.isEmpty {
      let bytes = holes.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
      reasons.append("\(bytes) bytes in \(holes.count == 1 ? "a hole" : "\(holes.count) holes")")
    }
    if !isEndKnown { reasons.append("the end was not seen") }
    if misplaced > 0 { reasons.append("\(misplaced) bytes at an unknown place") }
    return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
  }
}
