import CaptureFormat
import Synchronization

/// What other threads hand to the one that drains.
final class GuardInbox: Sendable {
  private let containers = Mutex<[ContainerInfo]>([])
  private let reloaded = Mutex<[Result<Reloaded, GuardSetupError>]>([])

  /// A configuration that can be taken over.
  struct Reloaded: Sendable {
    let setup: GuardSetup
    let compiled: CompiledPolicies
  }

  func put(_ known: [ContainerInfo]) { containers.withLock { $0 += known } }

  func takeContainers() -> [ContainerInfo] {
    containers.withLock { containers in
      if containers.isEmpty { return [] }
      defer { containers = [] }
      return containers
    }
  }

  func put(_ result: Result<Reloaded, GuardSetupError>) { reloaded.withLock { $0.append(result) } }

  func takeReloaded() -> [Result<Reloaded, GuardSetupError>] {
    reloaded.withLock { reloaded in
      if reloaded.isEmpty { return [] }
      defer { reloaded = [] }
      return reloaded
    }
  }
}
