import ArgumentParser
import Containers

#if canImport(Glibc)
import Glibc
#endif

/// Where container engines are asked.
struct EngineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also ask this container engine: unix:///path of a socket that speaks Docker's API, or an engine's state directory. "
        + "Repeatable. The usual places, DOCKER_HOST and CONTAINER_HOST are looked at anyway.",
      valueName: "url"))
  var engine: [String] = []

  /// The engines that are named, and those of this machine.
  func addresses() throws(Failure) -> EngineAddresses {
    do throws(EngineAddresses.Unusable) {
      return try EngineAddresses(named: engine) { name in getenv(name).map { String(cString: $0) } }
    } catch {
      throw .refused(error.what, remedy: error.remedy)
    }
  }
}
