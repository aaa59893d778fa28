import CaptureFormat
import Dispatch
import KernelSource
import Query
import Recorder

extension GuardDaemon {
  /// Carries out what was asked for.
  mutating func takeOrders(now: Int64) {
    for order in orders.take() {
      switch order {
      case .start(let request, let answer):
        let result = start(request, now: now)
        answer.resume(returning: result)
      case .stop(let id, let answer):
        switch orders.capture(id) {
        case .failure(let error): answer.resume(returning: .failure(error))
        case .success(let record): keeper.stop(record.id) { answer.resume(returning: $0) }
        }
      case .delete(let id, let answer):
        switch orders.capture(id) {
        case .failure(let error): answer.resume(returning: .failure(error))
        case .success(let record):
          guard record.state == .done || record.state == .error else {
            answer.resume(
              returning: .failure(
                GuardOrderError(.refused, "capture \(record.id) is not finished; `reel capture stop` ends it")))
            continue
          }
          keeper.store.delete(record) { answer.resume(returning: $0) }
        }
      case .reload: reload()
      }
    }
  }

  private mutating func start(_ request: CaptureRequest, now: Int64) -> Result<CaptureRecord, GuardOrderError> {
    var container: String?
    if let word = request.container {
      switch GuardDaemon.container(word, in: context.containers) {
      case .success(let id): container = id
      case .failure(let error): return .failure(error)
      }
    }
    var filter: Question?
    if let text = request.filter {
      do throws(QueryError) { filter = try Question(filter: text, schema: .builtIn) } catch {
        return .failure(GuardOrderError(.refused, "the filter: \(error.message)"))
      }
    }
    let result: Result<CaptureRecord, GuardOrderError>
    do throws(GuardSetupError) {
      result = .success(
        try keeper.start(
          request, container: container, filter: filter, ship: setup.configuration.captures.ship, channels: [],
          now: now))
    } catch {
      result = .failure(GuardOrderError(.failed, error.description))
    }
    wantsState = true
    updateRecording()
    return result
  }

  /// The container that a word means: by its id, the beginning of it, its name or the beginning of that.
  static func container(_ word: String, in known: [String: ContainerInfo]) -> Result<String, GuardOrderError> {
    if known[word] != nil { return .success(word) }
    let named = known.values.filter { $0.name == word }
    let found =
      named.count == 1 ? named : known.values.filter { $0.id.hasPrefix(word) || $0.name?.hasPrefix(word) ?? false }
    if found.count > 1 {
      let names = found.map { "\($0.id.prefix(12))\($0.name.map { " (\($0))" } ?? "")" }.sorted().prefix(5)
      return .failure(
        GuardOrderError(
          .ambiguous, "'\(word)' may be \(names.joined(separator: ", "))\(found.count > 5 ? " …" : ""); give more of it"
        ))
    }
    guard let container = found.first, !word.isEmpty else {
      return .failure(GuardOrderError(.unknown, "there is no container '\(word)'; `reel containers` lists them"))
    }
    return .success(container.id)
  }

  // MARK: Configuration

  /// Has the configuration read again, on another thread.
  mutating func reload() {
    let (load, inbox) = (outlets.load, inbox)
    DispatchQueue.global(qos: .utility).async {
      WorkerPriority.lower()
      switch load() {
      case .failure(let error): inbox.put(.failure(error))
      case .success(let setup):
        do throws(GuardSetupError) {
          let compiled = try CompiledPolicies(setup.configuration, setup.rules, schema: .builtIn)
          inbox.put(.success(GuardInbox.Reloaded(setup: setup, compiled: compiled)))
        } catch {
          inbox.put(.failure(error))
        }
      }
    }
  }

  /// Goes on with a configuration that was read, between two batches; keeps the old one where the new one is broken.
  mutating func takeReloaded() {
    for result in inbox.takeReloaded() {
      switch result {
      case .failure(let error):
        let text = "the configuration is broken, the one before stays: \(error.description)"
        board.update { $0.configurationError = error.description }
        outlets.warn(text)
        outlets.tell(
          GuardDaemon.notice(text, priority: 3, hostname: context.hostname), setup.configuration.channels.keys.sorted())
      case .success(let reloaded): takeOver(reloaded)
      }
    }
  }

  private mutating func takeOver(_ reloaded: GuardInbox.Reloaded) {
    // What came so far is asked by the rules that were in force.
    take(source.flush())
    let waiting = watcher.takeWaiting(context, now: Int64.max)
    fire(waiting)
    setup = reloaded.setup
    watcher = Watcher(reloaded.compiled)
    source.watch(reloaded.compiled.engine.types)
    files = FileWatch(setup.watchedFiles)
    let keepsPast = GuardDaemon.keepsPast(setup.configuration, reloaded.compiled)
    pipeline.configure(setup.configuration.flightRecorder, keepsPast: keepsPast)
    let everything = keepsPast || keeper.isCapturing
    do throws(KernelSourceError) {
      try source.record(types: everything ? nil : reloaded.compiled.engine.types)
      recordsEverything = everything
      if everything { wantsState = true }
    } catch {
      tellOfFailure("the kernel cannot be told what to record: \(error.description)", [])
    }
    keeper.redaction = setup.configuration.redaction
    outlets.apply(setup.configuration)
    let (time, policies, rules) = (now, reloaded.compiled.policies.count, reloaded.compiled.engine.rules.count)
    board.update { status in
      status.generation += 1
      status.configured = time
      status.configurationError = ""
      status.policies = policies
      status.rules = rules
      status.recordsEverything = everything
    }
    outlets.warn("the configuration was read again: \(policies) policies, \(rules) rules")
  }
}
