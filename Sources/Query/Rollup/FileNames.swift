import EventBatch

/// The names of files among the objects of a batch, by the rows of their texts.
struct FileNames {
  private let objects: DimensionTable<ObjectColumn>
  /// How many texts there are.
  let texts: Int

  init(_ dimensions: Dimensions) {
    objects = dimensions.objects
    texts = dimensions.strings.count
  }

  /// The text that is an object's name and, with its being a file, all that counts of it; `nil` for other objects and none.
  func text(ofObject row: Int) -> Int? {
    guard row < objects.count, let kind = ObjectKind(rawValue: objects[row, .objectKind]), kind.isFile else {
      return nil
    }
    let label = objects[row, .label]
    return label >= 0 && label < Int64(texts) ? Int(label) : nil
  }
}
