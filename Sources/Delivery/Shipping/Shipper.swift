/// What a shipped capture is about: what stands in the environment of a command, and in the metadata of an object.
public struct ShippedCapture: Sendable, Hashable {
  /// Its file.
  public var path: String
  /// Its id.
  public var id = ""
  /// The policy that asked for it.
  public var policy = ""
  /// The rule that matched first.
  public var rule = ""
  /// The container that it is about.
  public var container = ""

  /// A file.
  public init(path: String) { self.path = path }

  /// The last part of the path.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// Why a capture is not shipped: one line, without secrets.
public struct ShipError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, where, and why.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Sends finished captures elsewhere. Blocks: to be used on a thread of its own.
public struct Shipper: Sendable {
  private let configuration: ShipConfiguration
  private let isCancelled: @Sendable () -> Bool

  /// A shipper.
  /// - Parameter isCancelled: asked about once a second; what is under way is then given up.
  public init(_ configuration: ShipConfiguration, isCancelled: @escaping @Sendable () -> Bool = { false }) {
    self.configuration = configuration
    self.isCancelled = isCancelled
  }

  /// Sends a capture.
  /// - Returns: where it is: `s3://bucket/key`, or the program that took it.
  /// - Throws: why it is not there. Nothing of it stays in the store then.
  public func ship(_ capture: ShippedCapture) throws(ShipError) -> String {
    switch configuration {
    case .command(let words, let timeout): return try ShipCommand(words, timeout: timeout, isCancelled).run(capture)
    case .s3(let store): return try ObjectUpload(store, isCancelled).run(capture)
    }
  }
}
