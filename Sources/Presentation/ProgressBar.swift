#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A line on standard error that says how far something is. Only on a terminal, only when it takes a while, and gone
/// when it is done.
public struct ProgressBar: ~Copyable {
  private let terminal: Terminal
  private let descriptor: Int32
  private let label: String
  private let start: Int64
  private var lastDrawn: Int64
  private var isDrawn = false

  /// Nanoseconds before the first drawing, and between two.
  private static let patience: Int64 = 400_000_000
  private static let interval: Int64 = 100_000_000

  /// A bar that is not drawn yet.
  public init(_ label: String, terminal: Terminal = .standardError, descriptor: Int32 = STDERR_FILENO) {
    self.label = label
    self.terminal = terminal
    self.descriptor = descriptor
    start = ProgressBar.now()
    lastDrawn = start + ProgressBar.patience - ProgressBar.interval
  }

  deinit {
    if isDrawn { ProgressBar.send("\r\u{1B}[K", to: descriptor) }
  }

  /// Says how much is done. Cheap enough to be called for each chunk.
  public mutating func update(done: Int, of total: Int) {
    guard terminal.isTerminal else { return }
    let now = ProgressBar.now()
    guard now - lastDrawn >= ProgressBar.interval else { return }
    lastDrawn = now
    isDrawn = true
    ProgressBar.send(
      "\r"
        + ProgressBar.line(label, done: done, of: total, width: terminal.width ?? 80, elapsed: now - start)
        + "\u{1B}[K",
      to: descriptor)
  }

  /// Removes the line, before something else is written.
  public mutating func clear() {
    if isDrawn { ProgressBar.send("\r\u{1B}[K", to: descriptor) }
    isDrawn = false
  }

  /// The line: `reading  ████████░░░░░░░░  50 %  12 s left`.
  /// - Parameter elapsed: the nanoseconds that what is done took.
  static func line(_ label: String, done: Int, of total: Int, width: Int, elapsed: Int64 = 0) -> String {
    let share = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 0
    let percent = Int((share * 100).rounded(.down))
    let left = timeLeft(share, elapsed: elapsed).map { "  " + $0 } ?? ""
    let room = min(max(width - DisplayWidth.of(label) - 11 - left.count, 0), 40)
    let filled = Int((share * Double(room)).rounded(.down))
    return label + "  " + String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
      + "  \(percent) %" + left
  }

  /// How long the rest will take at the pace so far; `nil` while that is anybody's guess, and at the end.
  private static func timeLeft(_ share: Double, elapsed: Int64) -> String? {
    guard elapsed > 0, share >= 0.02, share < 1 else { return nil }
    let seconds = Int((Double(elapsed) / 1_000_000_000 * (1 - share) / share).rounded(.up))
    if seconds < 60 { return "\(seconds) s left" }
    return seconds < 3600 ? "\(seconds / 60) min left" : "\(seconds / 3600) h \(seconds / 60 % 60) min left"
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// A bar that cannot be drawn is no error.
  private static func send(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
  }
}
