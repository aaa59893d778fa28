extension CaptureReader {
  /// Whether a path leads to the file that is read: what is written there would destroy it.
  public func isSameFile(as path: String) -> Bool { file.isSame(as: path) }
}
