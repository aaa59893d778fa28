#if canImport(Glibc)
import Glibc
#endif

/// Asks engines about containers over their sockets.
///
/// A socket that fails is left alone for a while, so that one that hangs costs one time limit and not one for each
/// container. To be used by one thread.
public struct EngineQuestions {
  private var sockets: [(socket: EngineAddresses.Socket, restingUntil: Int64)]
  private var digests: [String: String] = [:]
  /// What was found wrong with sockets, each once.
  private var reported: Set<String> = []
  private var faults: [String] = []
  private let timeLimit: Int32

  /// Seconds that a socket is left alone after a failure.
  private static let rest: Int64 = 5

  /// - Parameter timeLimit: milliseconds for one answer.
  public init(_ addresses: EngineAddresses, timeLimit: Int32 = 2000) {
    sockets = addresses.sockets.map { ($0, 0) }
    self.timeLimit = timeLimit
  }

  /// What went wrong since the last call, each fault once in a recording, one line each.
  public mutating func takeFaults() -> [String] {
    defer { faults = [] }
    return faults
  }

  /// What the first engine says that knows the container. Takes up to the time limit for each socket that is silent.
  public mutating func facts(of id: String, known: ContainerFacts) -> ContainerFacts {
    var found = ContainerFacts()
    // Ids become parts of requests.
    guard id.utf8.allSatisfy({ ("a"..."f").contains(Character(Unicode.Scalar($0))) || (0x30...0x39).contains($0) })
    else {
      return found
    }
    for index in sockets.indices where now() >= sockets[index].restingUntil {
      let client = UnixHTTP(path: sockets[index].socket.path, timeLimit: timeLimit)
      do throws(UnixHTTP.Failure) {
        let answer = try client.json("/containers/\(id)/json")
        guard let facts = DockerFacts.facts(inspected: answer, id: id) else {
          rest(index, "answers about another container than the one that is asked for")
          continue
        }
        found = facts
        setDigest(&found, known, client)
        return found
      } catch {
        // It knows no such container: another engine made it.
        if case .status(404) = error { continue }
        rest(index, error.description)
      }
    }
    return found
  }

  /// Asks for the image's digest, once for each image.
  private mutating func setDigest(_ facts: inout ContainerFacts, _ known: ContainerFacts, _ client: UnixHTTP) {
    guard known["image.digest"] == nil, facts["image.digest"] == nil,
      let image = facts["image.id"] ?? known["image.id"],
      image.utf8.count == 64, image.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) })
    else { return }
    if digests[image] == nil {
      do throws(UnixHTTP.Failure) {
        let answer = try client.json("/images/\(image)/json")
        let repository = facts["image.repository"] ?? known["image.repository"]
        digests[image] = DockerFacts.digest(image: answer, repository: repository) ?? ""
      } catch {
        // An image that was made here and never pushed has none, or was removed.
        digests[image] = ""
      }
    }
    if let digest = digests[image], !digest.isEmpty { facts["image.digest"] = digest }
  }

  private mutating func rest(_ index: Int, _ what: String) {
    sockets[index].restingUntil = now() + EngineQuestions.rest
    let path = sockets[index].socket.path
    if reported.insert(path).inserted {
      faults.append("the container engine at \(path) \(what); names of containers may be missing, their ids are right")
    }
  }

  private func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec)
  }
}
