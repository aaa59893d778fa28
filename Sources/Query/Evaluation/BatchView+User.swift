import EventBatch

extension BatchView {
  /// What a user or group field says about a lineage row.
  func value(_ property: UserProperty, lineage row: Int) -> FieldValue {
    guard let thread = thread(ofLineage: row) else { return .missing }
    let threads = batch.dimensions.threads
    let uid =
      threads[thread, .effectiveUid] == EventBatch.missing ? threads[thread, .uid] : threads[thread, .effectiveUid]
    let gid =
      threads[thread, .effectiveGid] == EventBatch.missing ? threads[thread, .gid] : threads[thread, .effectiveGid]
    let container = threads[thread, .container]
    switch property {
    case .uid: return unsigned(uid)
    case .gid: return unsigned(gid)
    case .name: return user(uid, isGroup: false, container: container, .label)
    case .home: return user(uid, isGroup: false, container: container, .homeDirectory)
    case .shell: return user(uid, isGroup: false, container: container, .shell)
    case .groupName: return user(gid, isGroup: true, container: container, .label)
    case .loginUid:
      let login = threads[thread, .loginUid]
      if login == EventBatch.missing { return .missing }
      // The kernel says "none" with all bits set.
      return .integer(login == 0xFFFF_FFFF ? -1 : login)
    case .loginName: return user(threads[thread, .loginUid], isGroup: false, container: container, .label)
    }
  }

  /// A column of a user or group: of the container's own one, else of the host's. Number 0 is `root` in any case.
  func user(_ number: Int64, isGroup: Bool, container: Int64, _ column: UserColumn) -> FieldValue {
    if number == EventBatch.missing || number < 0 || number == 0xFFFF_FFFF { return .missing }
    let row =
      users[UserKey(container: container, number: number, isGroup: isGroup)]
      ?? (container == EventBatch.missing
        ? nil : users[UserKey(container: EventBatch.missing, number: number, isGroup: isGroup)])
    if let row {
      let value = text(batch.dimensions.users[row, column])
      if value != .missing { return value }
    }
    return number == 0 && column == .label ? .text("root") : .missing
  }

  private func unsigned(_ value: Int64) -> FieldValue {
    value == EventBatch.missing ? .missing : .unsigned(UInt64(UInt32(truncatingIfNeeded: value)))
  }
}
