import TestSupport

/// A file of `formats/conformance` and what a reader must find in it.
public struct ConformanceFile: Sendable {
  /// The name, without an ending.
  public let name: String
  /// The capture.
  public let bytes: [UInt8]
  /// The text of `NAME.json`.
  public let expectation: String

  /// A file that must be read.
  init(_ name: String, _ about: String, _ sketch: FileSketch, _ damages: Damage...) {
    let (bytes, contents) = sketch.damaged(damages)
    self.init(name: name, about, bytes, contents.rendered)
  }

  /// Several captures, one behind the other.
  init(_ name: String, _ about: String, sections: [(FileSketch, [Damage])]) {
    let sections = sections.map { sketch, damages in sketch.damaged(damages) }
    self.init(
      name: name, about, sections.flatMap(\.bytes),
      ["refused": .bool(false), "sections": .array(sections.map { .object($0.contents.rendered) })])
  }

  /// A file that must be refused.
  init(refused name: String, _ about: String, _ bytes: [UInt8]) {
    self.init(name: name, about, bytes, ["refused": .bool(true)])
  }

  private init(name: String, _ about: String, _ bytes: [UInt8], _ members: [String: JSONValue]) {
    self.name = name
    self.bytes = bytes
    expectation = JSONValue.object(members.merging(["about": .text(about)]) { _, new in new }).page
  }
}

/// All files, in the order of their names.
public func conformanceFiles() throws -> [ConformanceFile] {
  var files = [tinyFile()]
  files += try wholeFiles()
  files += try furtherFrameFiles()
  files.append(try rollupFile())
  files += try sectionFiles()
  files += try encodingFiles()
  files += try laterVersionFiles()
  files += try damagedFiles()
  files += try refusedFiles()
  return files.sorted { $0.name < $1.name }
}
