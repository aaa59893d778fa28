import Delivery

/// What the guard needs of others; each may be called on any thread.
public struct GuardOutlets: Sendable {
  /// Tells a notice to channels by name. Never waits.
  public var tell: @Sendable (Notice, [String]) -> Void
  /// A line for people who look at the guard itself.
  public var warn: @Sendable (String) -> Void
  /// Reads the configuration anew.
  public var load: @Sendable () -> Result<GuardSetup, GuardSetupError> = {
    .failure(GuardSetupError("there is no configuration to be read again"))
  }
  /// Takes over what of a configuration is not the guard's own: channels, where orders come from, metrics.
  public var apply: @Sendable (GuardConfiguration) -> Void = { _ in }
  /// Sends a finished capture away, and waits until it is there. Gives where that is.
  public var ship: @Sendable (CaptureRecord, ShipConfiguration) -> Result<String, GuardSetupError> = { _, _ in
    .failure(GuardSetupError("this program cannot ship captures"))
  }

  /// Outlets for notices and for lines; the others do nothing.
  public init(
    tell: @escaping @Sendable (Notice, [String]) -> Void, warn: @escaping @Sendable (String) -> Void
  ) {
    self.tell = tell
    self.warn = warn
  }
}
