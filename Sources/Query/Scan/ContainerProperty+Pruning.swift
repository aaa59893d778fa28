extension ContainerProperty {
  /// What a field says of all events of a container, by what is known of it in the whole capture; `nil` where that cannot be
  /// told from there.
  /// - Parameter id: empty for the host.
  func value(ofContainer id: String, _ argument: FieldArgument, in context: ScanContext) -> FieldValue? {
    let isOfHost = id.isEmpty
    if isOfHost {
      switch self {
      case .name, .engine: return .text("host")
      default: return .missing
      }
    }
    // One that the summary does not list may be described by its rows.
    guard let texts = context.containers[id]?.texts, let key = key(argument) else { return nil }
    return texts[key].map { .text($0) } ?? .missing
  }

  /// The key of the text that the field shows as it is.
  private func key(_ argument: FieldArgument) -> String? {
    switch self {
    case .name: return "name"
    case .image: return "image"
    case .engine: return "engine"
    case .pod: return "pod"
    case .podNamespace: return "pod_namespace"
    case .text(let key): return key
    case .label(let prefix):
      if case .name(let name) = argument { return prefix + name }
      return nil
    case .shortID, .fullID, .repository, .tag, .digest, .flag, .time, .labels, .mount: return nil
    }
  }
}
