/// Recognises a container in the path of a cgroup.
///
/// Engines name the cgroup after the container's id of 64 hexadecimal digits: `/docker/<id>`,
/// `/system.slice/docker-<id>.scope`, `/libpod_parent/libpod-<id>`, `/kubepods/…/cri-containerd-<id>`. The innermost
/// one counts.
package enum ContainerPath {
  /// The id and the engine's name, `nil` for a path of the host.
  static func container(_ path: ArraySlice<UInt8>) -> (id: [UInt8], engine: String)? {
    for part in path.split(separator: UInt8(ascii: "/")).reversed() {
      guard let id = trailingID(part) else { continue }
      let text = String(decoding: path, as: UTF8.self)
      let engine =
        if text.contains("docker") { "docker" } else if text.contains("libpod") {
          "podman"
        } else if text.contains(
          "crio")
        {
          "cri-o"
        } else if text.contains("containerd") || text.contains("kubepods") { "containerd" } else { "oci" }
      return (id, engine)
    }
    return nil
  }

  /// The id in one component of a path: 64 hexadecimal digits at its end, or before its `.scope`.
  package static func trailingID(_ name: ArraySlice<UInt8>) -> [UInt8]? {
    var name = name
    let scope = Array(".scope".utf8)
    if name.count > scope.count, name.suffix(scope.count).elementsEqual(scope) { name = name.dropLast(scope.count) }
    guard name.count >= 64 else { return nil }
    let id = name.suffix(64)
    let isHexadecimal = id.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    return isHexadecimal ? Array(id) : nil
  }
}
