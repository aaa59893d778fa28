#if canImport(Glibc)
import Glibc
#endif

/// Where container engines are asked: sockets that speak Docker's API, and folders in which engines keep what they know.
public struct EngineAddresses: Hashable, Sendable {
  /// Sockets, in the order in which they are asked.
  public private(set) var sockets: [Socket] = []
  /// Folders that a user named; the usual ones are known anyway.
  public private(set) var folders: [String] = []
  /// What the environment names and cannot be used, one line each.
  public private(set) var warnings: [String] = []

  /// A socket of an engine.
  public struct Socket: Hashable, Sendable {
    /// Where it is.
    public let path: String
    /// Whether somebody named it: then it is a fault when nothing is there.
    public let isNamed: Bool
  }

  /// Why an address cannot be used.
  public struct Unusable: Error, Hashable, CustomStringConvertible {
    /// What is wrong, with the address.
    public let what: String
    /// What to write instead.
    public let remedy: String
    /// One line.
    public var description: String { "\(what); \(remedy)" }
  }

  /// No engine is asked; the usual folders are looked at.
  public init() {}

  /// The engines that are named, and those at the usual places of this machine.
  ///
  /// - Parameters:
  ///   - named: addresses of `--engine`: `unix:///path`, or the path of a socket or of a state directory.
  ///   - environment: of which `DOCKER_HOST` and `CONTAINER_HOST` are looked at.
  /// - Throws: for an address of `named` that is no such thing.
  public init(named: [String], environment: (String) -> String?) throws(Unusable) {
    for address in named { try add(address) }
    for variable in ["DOCKER_HOST", "CONTAINER_HOST"] {
      guard let address = environment(variable), !address.isEmpty else { continue }
      do throws(Unusable) { try add(address) } catch { warnings.append("\(variable): \(error.what)") }
    }
    for path in EngineAddresses.usualSockets() where !sockets.contains(where: { $0.path == path }) {
      sockets.append(Socket(path: path, isNamed: false))
    }
  }

  private mutating func add(_ address: String) throws(Unusable) {
    var path = address
    if let scheme = address.range(of: "://") {
      guard address.hasPrefix("unix://") else {
        throw Unusable(
          what: "engine \(address): only sockets of this machine are asked",
          remedy: "write unix:///path, or a directory")
      }
      path = String(address[scheme.upperBound...])
    }
    guard path.hasPrefix("/") else {
      throw Unusable(what: "engine \(address): the path is not absolute", remedy: "write unix:///path, or a directory")
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      if !folders.contains(path) { folders.append(path) }
    } else if !sockets.contains(where: { $0.path == path }) {
      // One that is not there yet may come: it is asked when there is something to ask.
      sockets.append(Socket(path: path, isNamed: true))
    }
  }

  /// The sockets of Docker and Podman, those of users too, as far as they are there.
  private static func usualSockets() -> [String] {
    let users = BoundedFile.names("/run/user").flatMap { user in
      ["/run/user/\(user)/docker.sock", "/run/user/\(user)/podman/podman.sock"]
    }
    return (["/run/docker.sock", "/run/podman/podman.sock"] + users).filter(BoundedFile.exists)
  }
}

extension String {
  /// Where a text stands first.
  fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
