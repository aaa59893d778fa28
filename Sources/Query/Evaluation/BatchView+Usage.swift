import EventBatch
import EventSchema

extension UsageProperty {
  /// The parameters that say it.
  var parameters: [String] {
    switch self {
    case .virtualKiB, .virtualBytes: ["vm_size"]
    case .residentKiB, .residentBytes: ["vm_rss"]
    case .swappedKiB: ["vm_swap"]
    case .majorFaults: ["pgft_maj"]
    case .minorFaults: ["pgft_min"]
    case .threads: ["threads"]
    case .descriptors, .descriptorShare: ["fds"]
    case .runTime: ["run_time"]
    case .cpuShare: ["cpu_used"]
    }
  }
}

extension BatchView {
  /// What a process uses, as the event says.
  func usage(_ property: UsageProperty, row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]),
      let index = layout.type.parameters.firstIndex(where: { property.parameters.contains($0.name) })
    else { return .missing }
    let type = layout.type.parameters[index].type
    guard type.storage == .integer, case .integer(let value) = raw(layout, index, row: row), value >= 0 else {
      return .missing
    }
    switch property {
    case .virtualKiB, .residentKiB, .swappedKiB: return .unsigned(bytes(value, layout.type) / 1024)
    case .virtualBytes, .residentBytes: return .unsigned(bytes(value, layout.type))
    case .majorFaults, .minorFaults, .threads, .descriptors: return .unsigned(type.unsignedValue(value))
    case .runTime: return .integer(value)
    case .cpuShare: return .decimal(Double(value) / 10_000_000)
    case .descriptorShare:
      guard let thread = thread(ofLineage: Int(batch.lineages[row])),
        let limit = batch.dimensions.threads.value(thread, .descriptorLimit), limit > 0
      else { return .missing }
      return .decimal(Double(value) * 100 / Double(limit))
    }
  }

  /// States count bytes, all others KiB, as the ecosystem does. A number that is too great for bytes is cut off.
  private func bytes(_ value: Int64, _ type: EventType) -> UInt64 {
    if type.name == "state_thread" { return UInt64(bitPattern: value) }
    let (bytes, isTooGreat) = UInt64(bitPattern: value).multipliedReportingOverflow(by: 1024)
    return isTooGreat ? .max : bytes
  }
}
