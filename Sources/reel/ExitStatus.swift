/// How commands end. Part of the contract with scripts.
enum ExitStatus {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  /// Refused before doing anything.
  static let refused: Int32 = 2
  /// Not everything could be read, the rest was.
  static let partlyReadable: Int32 = 3
  /// The recorder itself failed where the status is that of the recorded command.
  static let recorderFailed: Int32 = 125
}
