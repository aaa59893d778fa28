import CaptureFile
import CaptureFormat

/// Files that were put one behind the other.
func sectionFiles() throws -> [ConformanceFile] {
  let shop = Shop()
  let first = try FileSketch(.test(seed: 11), recorded: [.chunk(shop.batch(0)), .chunk(shop.batch(1))])
  let second = try FileSketch(.test(seed: 12), recorded: [.chunk(shop.batch(2))])
  return [
    ConformanceFile("sections", "Two whole captures.", sections: [(first, []), (second, [])]),
    ConformanceFile(
      "sections-torn", "A capture that ends within a chunk, at an odd byte, and a whole one.",
      sections: [(first, [.cut(frame: 5, at: 101)]), (second, [])]),
    ConformanceFile(
      "sections-both-torn", "Two captures that end within a chunk: none is found from the end.",
      sections: [(first, [.cut(frame: 5, at: 101)]), (second, [.cut(frame: 4, at: 77)])]),
    ConformanceFile(
      "sections-with-bytes-between", "Bytes between two captures belong to the first.",
      sections: [(first, [.append([1, 2, 3])]), (second, [])]),
  ]
}
