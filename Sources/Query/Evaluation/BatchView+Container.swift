import CaptureFormat
import EventBatch
import Filter

extension BatchView {
  /// What a container field says about a lineage row.
  func value(_ property: ContainerProperty, argument: FieldArgument, lineage row: Int) -> FieldValue {
    guard let thread = thread(ofLineage: row) else { return .missing }
    let container = batch.dimensions.threads[thread, .container]
    guard container >= 0, container < Int64(batch.dimensions.containers.count) else {
      // Of a thread of which nothing is known it is not known where it runs.
      if batch.dimensions.threads[thread, .pid] == EventBatch.missing { return .missing }
      switch property {
      case .shortID, .name, .engine: return .text("host")
      default: return .missing
      }
    }
    let found = Int(container)
    switch property {
    case .shortID:
      return text(batch.dimensions.containers[found, .id]).bytesValue.map { .text($0.prefix(12)) } ?? .missing
    case .fullID: return text(batch.dimensions.containers[found, .id])
    case .name: return text(found, .label, "name")
    case .image: return text(found, .image, "image")
    case .repository, .tag, .digest:
      let key = property == .repository ? "image.repository" : property == .tag ? "image.tag" : "image.digest"
      let told = text(found, key)
      return told == .missing ? imagePart(property, of: text(found, .image, "image")) : told
    case .engine: return text(found, .engine, "engine")
    case .pod: return text(found, .pod, "pod")
    case .podNamespace: return text(found, .podNamespace, "pod_namespace")
    case .text(let key): return text(found, key)
    case .flag(let key):
      switch containers[found]?.texts[key] {
      case "true"?: return .boolean(true)
      case "false"?: return .boolean(false)
      default: return .missing
      }
    case .time(let key): return containers[found]?.texts[key].flatMap { Int64($0) }.map { .integer($0) } ?? .missing
    case .labels(let prefix): return labels(found, prefix)
    case .label(let prefix):
      switch argument {
      case .none: return .missing
      case .index(let index): return text(found, prefix + "\(index)")
      case .name(let name): return text(found, prefix + name)
      }
    case .mount(let part): return mount(part, argument, found)
    }
  }

  /// How long an event is after the start of its container.
  func sinceContainerStart(row: Int) -> FieldValue {
    let start = value(.time("started"), argument: .none, lineage: Int(batch.lineages[row]))
    guard let start = start.integerValue else { return .missing }
    return .integer(batch.exitTimes[row] &- start)
  }

  /// What is said of a container under a key: what a frame says counts before what its row says.
  private func text(_ row: Int, _ column: ContainerColumn, _ key: String) -> FieldValue {
    let told = text(row, key)
    return told == .missing ? text(batch.dimensions.containers[row, column]) : told
  }

  private func text(_ row: Int, _ key: String) -> FieldValue {
    containers[row]?.texts[key].map { .text($0) } ?? .missing
  }

  private func labels(_ row: Int, _ prefix: String) -> FieldValue {
    let texts = containers[row]?.texts.filter { $0.key.hasPrefix(prefix) } ?? [:]
    if texts.isEmpty { return .missing }
    let labels = texts.map { "\($0.key.dropFirst(prefix.count)):\($0.value)" }
    return .text(labels.sorted().joined(separator: ", "))
  }

  /// A mount by its number, or by a pattern of its source; the source itself by one of the destination.
  private func mount(_ part: MountPart, _ argument: FieldArgument, _ row: Int) -> FieldValue {
    guard let mounts = containers[row]?.texts["mounts"] else { return .missing }
    let all = mounts.utf8.split(separator: UInt8(ascii: ",")).map { mount in
      (whole: Array(mount), parts: mount.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false))
    }
    let key = part == .source ? MountPart.destination.rawValue : MountPart.source.rawValue
    let found =
      switch argument {
      case .none: all.first
      case .index(let index): all.indices.contains(index) ? all[index] : nil
      case .name(let name):
        all.first { GlobPattern(name).matches($0.parts.count > key ? Array($0.parts[key]) : []) }
      }
    guard let found else { return .missing }
    if part == .whole { return .text(found.whole[...]) }
    return found.parts.count > part.rawValue ? .text(Array(found.parts[part.rawValue])[...]) : .missing
  }

  /// Cuts `registry:5000/name:tag@digest` into its parts.
  private func imagePart(_ property: ContainerProperty, of image: FieldValue) -> FieldValue {
    guard let image = image.bytesValue else { return .missing }
    let at = image.firstIndex(of: UInt8(ascii: "@"))
    if property == .digest { return at.map { .text(image[($0 + 1)...]) } ?? .missing }
    let named = image[..<(at ?? image.endIndex)]
    let slash = named.lastIndex(of: UInt8(ascii: "/")) ?? named.startIndex
    let colon = named[slash...].firstIndex(of: UInt8(ascii: ":"))
    if property == .tag { return colon.map { .text(named[($0 + 1)...]) } ?? .missing }
    return .text(named[..<(colon ?? named.endIndex)])
  }
}
