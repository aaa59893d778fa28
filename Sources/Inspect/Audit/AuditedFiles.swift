/// Which calls on files an audit tells, and how it calls what they do.
enum AuditedFiles {
  struct Action: Sendable {
    var word: String
    var filter: String
    /// Fields with the path, and with what else is to be said.
    var path: String
    var also: String
  }

  /// Files that hold secrets, or decide who may do what: reading them is told as well.
  private static let sensitive = """
    (fd.name in (/etc/shadow, /etc/gshadow, /etc/sudoers, /etc/master.passwd, /etc/security/opasswd) \
    or fd.name startswith /etc/sudoers.d/ or fd.name startswith /etc/pam.d/ or fd.name startswith /etc/ssl/private/ \
    or fd.name startswith /root/.ssh/ or fd.name contains "/.ssh/id_" or fd.name endswith /.ssh/authorized_keys \
    or fd.name endswith /.aws/credentials or fd.name endswith /.kube/config or fd.name endswith /.docker/config.json \
    or fd.name endswith /.bash_history or fd.name startswith /var/run/secrets/ or fd.name startswith /run/secrets/ \
    or (fd.name startswith /proc/ and (fd.name endswith /environ or fd.name endswith /mem)))
    """

  static let actions = [
    Action(
      word: "read", filter: "evt.is_open_read = true and evt.is_open_write = false and fd.num >= 0 and \(sensitive)",
      path: "fd.name", also: "evt.arg.flags"),
    Action(
      word: "write",
      filter: """
        evt.is_open_write = true and fd.type = file and fd.num >= 0 and not fd.name startswith /dev/ and \
        not fd.name startswith /proc/ and not fd.name startswith /sys/
        """,
      path: "fd.name", also: "evt.arg.flags"),
    Action(
      word: "delete", filter: "evt.type in (unlink, unlinkat, rmdir)", path: "fs.path.name", also: "evt.type"),
    Action(
      word: "rename", filter: "evt.type in (rename, renameat, renameat2)", path: "fs.path.source",
      also: "fs.path.target"),
    Action(
      word: "link", filter: "evt.type in (link, linkat, symlink, symlinkat)", path: "fs.path.target",
      also: "fs.path.source"),
    Action(
      word: "chmod", filter: "evt.type in (chmod, fchmodat, fchmodat2)", path: "fs.path.name", also: "evt.arg.mode"),
    Action(word: "chmod", filter: "evt.type = fchmod", path: "fd.name", also: "evt.arg.mode"),
    Action(word: "chown", filter: "evt.type in (chown, lchown, fchownat)", path: "fs.path.name", also: "evt.arg.uid"),
    Action(word: "chown", filter: "evt.type = fchown", path: "fd.name", also: "evt.arg.uid"),
    Action(word: "mkdir", filter: "evt.type in (mkdir, mkdirat)", path: "fs.path.name", also: "evt.type"),
    Action(word: "truncate", filter: "evt.type = truncate", path: "fs.path.name", also: "evt.type"),
    Action(word: "mount", filter: "evt.type = mount", path: "fs.path.target", also: "fs.path.source"),
    Action(word: "unmount", filter: "evt.type in (umount, umount2)", path: "fs.path.name", also: "evt.type"),
  ]
}
