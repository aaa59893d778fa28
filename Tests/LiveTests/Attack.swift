import Foundation
import TestSupport
import Testing

/// An attack that an official rule is about, and something harmless that looks like it.
struct Attack: Sendable, CustomTestStringConvertible {
  /// Where a script runs.
  enum Place: Sendable {
    /// On the machine, in a session of its own; `$DIR` is a folder of its own there.
    case host
    /// In a container with the usual rights. What its shell, a busybox, can do by itself has to be called by its path.
    case container
    /// The same with a terminal.
    case terminal
    /// In a container that may administer the machine and load modules.
    case mighty
  }

  struct Script: Sendable {
    let place: Place
    let text: String
    init(_ place: Place, _ text: String) { (self.place, self.text) = (place, text) }
  }

  /// The rule that must fire.
  let rule: String
  let attack: Script
  /// What must fire none of the rules in the table.
  let twin: Script

  var testDescription: String { rule }

  static let all = [
    Attack(
      rule: "Read sensitive file untrusted",
      attack: Script(.host, "cat /etc/shadow"), twin: Script(.host, "cat /etc/hostname")),
    Attack(
      rule: "Directory traversal monitored file read",
      attack: Script(.host, "exec cat /usr/share/../../etc/shadow"),
      twin: Script(.host, "exec cat /usr/share/../../proc/version")
    ),
    Attack(
      rule: "Terminal shell in container",
      attack: Script(.terminal, "true"), twin: Script(.container, "true")),
    Attack(
      rule: "Drop and execute new binary in container",
      attack: Script(.container, "cp /bin/attack /tmp/dropped && /tmp/dropped nothing"),
      twin: Script(.container, "cp /bin/attack /tmp/copied && /bin/attack nothing")),
    Attack(
      rule: "Fileless execution via memfd_create",
      // Not in the shell's place: its parent is runc for a moment, and what runc runs is trusted.
      attack: Script(.container, "attack memfd; true"), twin: Script(.container, "attack nothing")),
    Attack(
      rule: "Redirect STDOUT/STDIN to Network Connection in Container",
      attack: Script(.container, "attack reverse"), twin: Script(.container, "attack pipe")),
    Attack(
      rule: "Packet socket created in container",
      attack: Script(.container, "attack packet"), twin: Script(.container, "attack datagram")),
    Attack(
      rule: "Create Symlink Over Sensitive Files",
      attack: Script(.host, "ln -s /etc/shadow $DIR/link"), twin: Script(.host, "ln -s /etc/hostname $DIR/other")),
    Attack(
      rule: "Create Hardlink Over Sensitive Files",
      attack: Script(.container, "echo x >/etc/shadow && ln /etc/shadow /etc/kept"),
      twin: Script(.container, "echo x >/etc/motd && ln /etc/motd /etc/news")),
    Attack(
      rule: "Clear Log Activities",
      attack: Script(.container, "mkdir -p /var/log && : >/var/log/auth.log"),
      twin: Script(.container, "echo more >>/var/log/auth.log; : >/tmp/notes")),
    Attack(
      rule: "Remove Bulk Data from Disk",
      attack: Script(.container, "echo x >/tmp/data; /bin/shred -u /tmp/data"),
      twin: Script(.container, "echo x >/tmp/data; /bin/rm /tmp/data")),
    Attack(
      rule: "PTRACE attached to process",
      attack: Script(.host, "$ATTACK attach"), twin: Script(.host, "$ATTACK fork")),
    Attack(
      rule: "PTRACE anti-debug attempt",
      attack: Script(.host, "$ATTACK traceme"), twin: Script(.host, "$ATTACK nothing")),
    Attack(
      rule: "Linux Kernel Module Injection Detected",
      attack: Script(.mighty, "attack module"), twin: Script(.container, "attack module")),
    Attack(
      rule: "Detect release_agent File Container Escapes",
      attack: Script(.mighty, "echo /evil >/tmp/release_agent"),
      twin: Script(.container, "echo /evil >/tmp/release_agent")),
    // A program that is called like a server, some seconds after its start.
    Attack(
      rule: "Read sensitive file trusted after startup",
      attack: Script(
        .host,
        "cp $(command -v busybox) $DIR/nginx; bash -c 'exec -a sh $DIR/nginx -c \"sleep 6; read line </etc/shadow\"'"),
      twin: Script(.host, "bash -c 'exec -a sh $DIR/nginx -c \"read line </etc/hostname\"'")),
    Attack(
      rule: "Execution from /dev/shm",
      attack: Script(
        .host, "cp $ATTACK /dev/shm/reel-attack && /dev/shm/reel-attack nothing; rm /dev/shm/reel-attack"),
      twin: Script(.host, "cp $ATTACK $DIR/tool && $DIR/tool nothing")),
    Attack(
      rule: "Search Private Keys or Passwords",
      attack: Script(.host, "find $DIR -name id_rsa"), twin: Script(.host, "find $DIR -name notes")),
    Attack(
      rule: "Find AWS Credentials",
      attack: Script(.container, "/bin/grep -r aws_access_key_id /tmp; true"),
      twin: Script(.container, "/bin/grep -r hello /tmp; true")),
    Attack(
      rule: "Netcat Remote Code Execution in Container",
      attack: Script(.container, "/bin/nc -w 1 127.0.0.1 9 -e /bin/sh; true"),
      twin: Script(.container, "/bin/nc -w 1 127.0.0.1 9; true")),
  ]
}
