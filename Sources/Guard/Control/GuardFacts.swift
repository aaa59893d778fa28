import Delivery

/// What the guard's listeners serve: how it does, and its orders.
public struct GuardFacts: Sendable {
  /// Where orders go.
  public let orders: GuardOrders
  /// How it does.
  public let board: GuardStatusBoard
  /// How its channels do.
  public let channels: @Sendable () -> [ChannelStatus]

  /// Facts from those who know them.
  public init(
    orders: GuardOrders, board: GuardStatusBoard, channels: @escaping @Sendable () -> [ChannelStatus] = { [] }
  ) {
    self.orders = orders
    self.board = board
    self.channels = channels
  }
}

/// Why something cannot be listened on, or a guard not be reached: one line, and what to do.
public struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Whether the guard refused before it did anything, rather than failed.
  public let isRefusal: Bool
  /// What, where, and the remedy.
  public let description: String

  init(_ description: String, isRefusal: Bool = false) {
    self.description = description
    self.isRefusal = isRefusal
  }
}
