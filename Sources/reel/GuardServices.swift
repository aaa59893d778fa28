import Delivery
import Dispatch
import Guard
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// What runs beside a guard: channels, the control socket, metrics, shipping.
final class GuardServices: Sendable {
  private struct State {
    var hasChannels: Bool
    var configuration: GuardConfiguration
    var control: ControlServer?
    var metrics: MetricsServer?
  }

  private let dispatcher: Dispatcher
  private let facts: GuardFacts
  private let state: Mutex<State>
  private let isEnding = Mutex(false)
  /// Another configuration is taken over here: a channel that ends is waited for, and the guard must not be.
  private let changes = DispatchQueue(label: "reel.guard.services")

  /// Begins to listen and to tell.
  /// - Throws: when another guard has the socket, or an address is taken.
  init(_ configuration: GuardConfiguration, _ orders: GuardOrders, _ board: GuardStatusBoard) throws(Failure) {
    // Made first, so that nothing was opened when the socket is another guard's.
    let box = DispatcherBox()
    let facts = GuardFacts(orders: orders, board: board) { box.statuses }
    self.facts = facts
    var state = State(hasChannels: !configuration.channels.isEmpty, configuration: configuration)
    do throws(ControlError) {
      state.control = try ControlServer(configuration.control, facts)
      if let listen = configuration.metricsListen { state.metrics = try MetricsServer(listen, facts) }
    } catch {
      state.control?.close()
      throw Failure(error)
    }
    dispatcher = Dispatcher(
      configuration.channels, spool: configuration.spool, hostname: GuardServices.hostname
    ) { StandardError.warn($0) }
    box.put(dispatcher)
    self.state = Mutex(state)
  }

  /// The channels are known to those that listen before there are any.
  private final class DispatcherBox: Sendable {
    private let dispatcher = Mutex<Dispatcher?>(nil)
    func put(_ new: Dispatcher) { dispatcher.withLock { $0 = new } }
    var statuses: [ChannelStatus] { dispatcher.withLock { $0 }?.statuses ?? [] }
  }

  private static var hostname: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Tells channels; without any, standard output.
  var tell: @Sendable (Notice, [String]) -> Void {
    { [self] notice, names in
      if state.withLock({ $0.hasChannels }) { return dispatcher.send(notice, to: names) }
      do throws(OutputError) {
        let output = StandardOutput()
        try output.write(notice.json + "\n")
        try output.flush()
      } catch {
        StandardError.warn("the alert cannot be written: \(error)")
      }
    }
  }

  /// Takes over another configuration. Returns at once.
  func apply(_ configuration: GuardConfiguration) {
    changes.async { [self] in
      dispatcher.reconfigure(configuration.channels)
      let before = state.withLock { state in
        state.hasChannels = !configuration.channels.isEmpty
        defer { state.configuration = configuration }
        return state.configuration
      }
      if before.control != configuration.control { listen(configuration.control) }
      if before.metricsListen != configuration.metricsListen { serveMetrics(configuration.metricsListen) }
    }
  }

  private func listen(_ control: ControlConfiguration) {
    let old = state.withLock { state in
      defer { state.control = nil }
      return state.control
    }
    old?.close()
    do throws(ControlError) {
      let new = try ControlServer(control, facts)
      state.withLock { $0.control = new }
    } catch {
      StandardError.warn("no orders are taken any more: \(error)")
    }
  }

  private func serveMetrics(_ listen: String?) {
    let old = state.withLock { state in
      defer { state.metrics = nil }
      return state.metrics
    }
    old?.close()
    guard let listen else { return }
    do throws(ControlError) {
      let new = try MetricsServer(listen, facts)
      state.withLock { $0.metrics = new }
    } catch {
      StandardError.warn("no metrics are served any more: \(error)")
    }
  }

  /// Sends a finished capture away. Blocks until it is there.
  func ship(_ record: CaptureRecord, _ configuration: ShipConfiguration) -> Result<String, GuardSetupError> {
    var capture = ShippedCapture(path: record.path)
    capture.id = record.id
    capture.policy = record.policy
    capture.rule = record.rule
    capture.container = record.container
    let shipper = Shipper(configuration) { [self] in isEnding.withLock { $0 } }
    do throws(ShipError) { return .success(try shipper.ship(capture)) } catch {
      // What is given up at the end has not failed: its record goes on to say that it is being shipped, and the next guard ships it.
      // This thread ends with the process.
      if isEnding.withLock({ $0 }) { DispatchSemaphore(value: 0).wait() }
      return .failure(GuardSetupError(error.description))
    }
  }

  /// Waits for what is still to be told, for some seconds; what is left then waits on disk.
  func finish() {
    // What is being shipped is given up, with the parts that a store has of it.
    isEnding.withLock { $0 = true }
    changes.sync {}
    let (control, metrics) = state.withLock { state in
      defer { (state.control, state.metrics) = (nil, nil) }
      return (state.control, state.metrics)
    }
    control?.close()
    metrics?.close()
    dispatcher.finish(within: 5_000_000_000)
  }
}
