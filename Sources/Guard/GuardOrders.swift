import Dispatch
import Synchronization

/// A capture that a person asks a running guard for.
public struct CaptureRequest: Sendable, Hashable {
  /// The container, by the beginning of its id or its name; `nil` for the host.
  public var container: String?
  /// Nanoseconds of the past.
  public var before: Int64 = 0
  /// Nanoseconds from now on; `nil` until somebody stops it.
  public var duration: Int64? = 60_000_000_000
  /// Which events; `nil` for all.
  public var filter: String?
  /// The most bytes of payload kept of an event; `nil` for what is recorded.
  public var snapLength: UInt32?
  /// Bytes after which it ends; `nil` for no such limit.
  public var maxSize: UInt64?
  /// Who asked: what stands in the capture as its author.
  public var author = ""

  /// The host, for a minute.
  public init() {}
}

/// Why an order was not carried out.
public struct GuardOrderError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What sort of reason it is.
  public enum Kind: String, Sendable, Hashable {
    /// There is no such capture or container.
    case unknown
    /// Several are meant.
    case ambiguous
    /// Something in the order is wrong, such as its filter.
    case refused
    /// It was tried and did not work.
    case failed
    /// The guard is ending.
    case ending
  }

  /// What sort of reason it is.
  public let kind: Kind
  /// One line: what, and what to do.
  public let description: String

  /// A reason.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// Takes orders for a running guard, from any thread.
///
/// Orders that are about recording are carried out by the guard's own thread, which looks for them each few
/// milliseconds; what is only asked is answered at once.
public final class GuardOrders: Sendable {
  /// What became of an order.
  public typealias Outcome = Result<CaptureRecord, GuardOrderError>

  /// Takes what became of an order, once, on the guard's own thread.
  struct Answer: Sendable {
    private let body: @Sendable (Outcome) -> Void
    init(_ body: @escaping @Sendable (Outcome) -> Void) { self.body = body }
    func resume(returning outcome: Outcome) { body(outcome) }
  }

  /// Something that the guard's own thread carries out.
  enum Order: Sendable {
    case start(CaptureRequest, Answer)
    case stop(String, Answer)
    case delete(String, Answer)
    case reload

    /// Answers one that is not carried out.
    func refuse(_ error: GuardOrderError) {
      switch self {
      case .start(_, let answer), .stop(_, let answer), .delete(_, let answer):
        answer.resume(returning: .failure(error))
      case .reload: break
      }
    }
  }

  private struct State {
    var orders: [Order] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  /// What is known of captures; the guard keeps it up to date.
  let captures = Mutex<[CaptureRecord]>([])

  /// A mailbox that nobody has put anything into.
  public init() {}

  /// Starts a capture.
  /// - Returns: what it is, once it has begun.
  public func start(_ request: CaptureRequest) async -> Result<CaptureRecord, GuardOrderError> {
    await withCheckedContinuation { done in put(.start(request, Answer { done.resume(returning: $0) })) }
  }

  /// Ends a capture now. The answer comes when it is finished on disk; what is shipped then is still on its way.
  /// - Parameter id: its id, or the beginning of it that no other has.
  public func stop(_ id: String) async -> Result<CaptureRecord, GuardOrderError> {
    await withCheckedContinuation { done in put(.stop(id, Answer { done.resume(returning: $0) })) }
  }

  /// Deletes a capture that is finished, its file and what is known of it.
  /// - Parameter id: its id, or the beginning of it that no other has.
  public func delete(_ id: String) async -> Result<CaptureRecord, GuardOrderError> {
    await withCheckedContinuation { done in put(.delete(id, Answer { done.resume(returning: $0) })) }
  }

  /// Carries one out for a thread that can wait, without the tasks' threads, which others may hold.
  func wait(for order: (Answer) -> Order) -> Outcome {
    let done = DispatchSemaphore(value: 0)
    let box = OutcomeBox()
    put(
      order(
        Answer { outcome in
          box.put(outcome)
          done.signal()
        }))
    done.wait()
    return box.outcome ?? .failure(GuardOrders.ending)
  }

  private final class OutcomeBox: Sendable {
    private let held = Mutex<Outcome?>(nil)
    var outcome: Outcome? { held.withLock { $0 } }
    func put(_ outcome: Outcome) { held.withLock { $0 = outcome } }
  }

  /// Has the configuration read again.
  public func reload() { put(.reload) }

  /// All captures, in the order of their ids, which is that of their beginnings.
  public func list() -> [CaptureRecord] { captures.withLock { $0 } }

  /// The capture of an id, or of the beginning of an id that no other has.
  public func capture(_ id: String) -> Result<CaptureRecord, GuardOrderError> {
    GuardOrders.find(id, in: list())
  }

  /// Where the capture of an id is; see `capture`.
  public func path(of id: String) -> Result<String, GuardOrderError> { capture(id).map(\.path) }

  static func find(_ id: String, in records: [CaptureRecord]) -> Result<CaptureRecord, GuardOrderError> {
    if let record = records.first(where: { $0.id == id }) { return .success(record) }
    let found = id.isEmpty ? [] : records.filter { $0.id.hasPrefix(id) }
    if found.count > 1 {
      return .failure(GuardOrderError(.ambiguous, "\(found.count) captures begin with '\(id)'; give more of the id"))
    }
    guard let record = found.first else {
      return .failure(GuardOrderError(.unknown, "there is no capture '\(id)'; `reel capture list` shows them"))
    }
    return .success(record)
  }

  private func put(_ order: Order) {
    let isTaken = state.withLock { state in
      if state.isClosed { return false }
      state.orders.append(order)
      return true
    }
    if !isTaken { order.refuse(GuardOrders.ending) }
  }

  /// What was asked for since the last call.
  func take() -> [Order] {
    state.withLock { state in
      if state.orders.isEmpty { return [] }
      defer { state.orders = [] }
      return state.orders
    }
  }

  /// Refuses what was asked for and not taken, and all that comes.
  func close() {
    let left = state.withLock { state in
      state.isClosed = true
      defer { state.orders = [] }
      return state.orders
    }
    for order in left { order.refuse(GuardOrders.ending) }
  }

  private static let ending = GuardOrderError(.ending, "the guard is ending")
}
