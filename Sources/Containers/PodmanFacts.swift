import JSON

/// Reads what Podman and CRI-O keep of containers in their storage, where no server need run.
enum PodmanFacts {
  /// What the list of a storage's containers (`overlay-containers/containers.json`) says of one.
  static func facts(list: JSONDocument, id: String) -> ContainerFacts? {
    guard let found = list.elements.first(where: { $0["id"].text == id }) else { return nil }
    var facts = ContainerFacts()
    facts["name"] = found["names"].elements.first?.text
    facts["image.id"] = found["image"].text
    if let text = found["metadata"].text {
      var metadata = JSONDocument.null
      do throws(JSONDocument.Malformed) { metadata = try JSONDocument.parse(Array(text.utf8)) } catch { return facts }
      if let image = metadata["image-name"].text { facts.setImage(image) }
      if let name = metadata["name"].text { facts["name"] = name }
      facts["pod.full_sandbox_id"] = metadata["pod-id"].text
      facts["pod"] = metadata["pod-name"].text
    }
    return facts
  }
}
