#if canImport(Glibc)
import Glibc
#endif

/// Gives engines orders about containers, over the sockets that speak Docker's API: so that the engine knows what became of
/// its container, and does not start it again.
///
/// Waits for answers: to be used by a thread that may wait.
public struct EngineOrders: Sendable {
  private let sockets: [String]

  /// What an engine is to do.
  public enum Order: Sendable, Hashable {
    /// Asks it to end, and kills it after so many seconds.
    case stop(seconds: Int)
    case pause
    case kill
  }

  /// What came of an order.
  public enum Outcome: Sendable, Hashable {
    /// An engine has carried it out, or it was so already.
    case done
    /// No engine that can be reached knows the container.
    case unknown
    /// The engine that knows it says no, or does not answer.
    case failed(String)
  }

  /// Engines at some addresses.
  public init(_ addresses: EngineAddresses) { sockets = addresses.sockets.map(\.path) }

  /// Gives the order to the engine that knows the container.
  /// - Parameter timeLimit: milliseconds for an answer, beside the time that the order itself gives.
  public func give(_ order: Order, to id: String, timeLimit: Int32 = 2000) -> Outcome {
    // Ids become parts of requests.
    guard id.utf8.count == 64, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
      return .unknown
    }
    var failure: Outcome?
    for socket in sockets {
      let client = UnixHTTP(path: socket, timeLimit: timeLimit + order.milliseconds, byteLimit: 1 << 20)
      do throws(UnixHTTP.Failure) {
        try client.post("/containers/\(id)/\(order.target)")
        return .done
      } catch {
        switch error {
        case .status(404), .unreachable: continue
        // It does not run, or stands still already.
        case .status(304), .status(409): return .done
        default: failure = failure ?? .failed("the container engine at \(socket) \(error)")
        }
      }
    }
    return failure ?? .unknown
  }
}

extension EngineOrders.Order {
  fileprivate var target: String {
    switch self {
    case .stop(let seconds): "stop?t=\(seconds)"
    case .pause: "pause"
    case .kill: "kill"
    }
  }

  fileprivate var milliseconds: Int32 {
    if case .stop(let seconds) = self { Int32(clamping: Int64(seconds) * 1000 + 5000) } else { 0 }
  }
}
