/// Which programs a `.scap` file is written for.
public enum ScapDialect: String, CaseIterable, Sendable {
  /// Two events a call, one when it begins and one when it returns, of the types that sysdig 0.29 and its contemporaries
  /// know. Newer programs read it as well.
  case classic
  /// One event a call, which carries everything: what the newest libraries write.
  case current
}

/// How the classic dialect says a call: how many parameters each of its two events has. They are the first ones of the
/// newest lists, so that `ScapCatalogue` says which.
struct ClassicEvent: Sendable {
  /// The number of the event at the beginning.
  var enter: UInt16
  /// How many parameters it has.
  var enterParameters: Int
  /// How many parameters the event at the end has, whose number is the next one; `nil` where there is no such event.
  var exitParameters: Int?

  /// The number of the event at the end.
  var exit: UInt16 { enter + 1 }
}

extension ClassicEvent {
  /// The calls by their names of today. Names that programs of that time did not have went by an older one (`dup2` by
  /// `dup`); calls that are not here were generic events.
  static let byName: [String: ClassicEvent] = {
    var events: [String: ClassicEvent] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 4, let enter = UInt16(words[0]), let parameters = Int(words[1]) else {
        preconditionFailure("the table of classic events does not read: \(line)")
      }
      let event = ClassicEvent(enter: enter, enterParameters: parameters, exitParameters: Int(words[2]))
      for name in words[3...] { events[String(name)] = event }
    }
    return events
  }()

  // Without bpf: sysdig 0.29 crashes when it is asked for the result of that event, and not of a generic one.
  //
  // The event at the beginning, its parameters, those of the event at the end (- for none), the names.
  private static let table = """
    2 3 5 open
    4 1 1 close
    6 2 2 read
    8 2 2 write
    18 3 1 socket
    20 1 2 bind
    22 2 2 connect
    24 2 1 listen
    28 2 2 send
    30 3 2 sendto
    32 2 2 recv
    34 2 3 recvfrom
    36 2 1 shutdown
    38 0 0 getsockname
    40 0 0 getpeername
    42 3 5 socketpair
    44 0 6 setsockopt
    46 0 6 getsockopt
    48 3 2 sendmsg
    50 0 0 sendmmsg
    52 1 4 recvmsg
    54 0 0 recvmmsg
    58 2 4 creat
    60 0 4 pipe pipe2
    62 2 1 eventfd eventfd2
    64 3 1 futex
    66 0 2 stat
    68 0 2 lstat
    70 1 1 fstat
    72 0 2 stat64
    74 0 2 lstat64
    76 1 1 fstat64
    78 1 1 epoll_wait
    80 2 2 poll
    82 0 1 select
    86 3 1 lseek
    88 3 1 llseek
    92 0 2 getcwd
    94 0 2 chdir
    96 1 1 fchdir
    112 3 2 pread
    114 3 2 pwrite
    116 1 3 readv
    118 2 2 writev
    120 2 3 preadv
    122 3 2 pwritev
    124 1 1 dup dup2 dup3
    126 3 1 signalfd signalfd4
    128 2 1 kill
    130 2 1 tkill
    132 3 1 tgkill
    134 1 1 nanosleep
    136 2 1 timerfd_create
    138 1 1 inotify_init inotify_init1
    140 1 3 getrlimit
    142 1 3 setrlimit
    144 2 5 prlimit
    150 2 1 fcntl
    152 6 - switch
    158 1 4 brk
    160 6 4 mmap
    162 6 4 mmap2
    164 2 4 munmap
    166 4 1 splice
    168 2 3 ptrace
    170 3 1 ioctl
    174 0 3 rename
    176 0 5 renameat
    178 0 3 symlink
    180 0 4 symlinkat
    186 4 - procexit
    188 4 2 sendfile
    190 4 14 quotactl
    192 3 1 setresuid
    194 3 1 setresgid
    198 1 1 setuid
    200 1 1 setgid
    202 0 1 getuid
    204 0 1 geteuid
    206 0 1 getgid
    208 0 1 getegid
    210 0 4 getresuid
    212 0 4 getresgid
    222 0 20 clone
    224 0 20 fork
    226 0 20 vfork
    232 3 - signaldeliver
    236 1 1 getdents
    238 1 1 getdents64
    240 2 1 setns
    242 2 1 flock
    246 0 5 accept
    248 1 5 accept4
    250 1 8 semop
    252 4 1 semctl
    254 3 2 ppoll
    256 1 4 mount
    258 1 2 umount umount2
    262 3 1 semget
    264 1 2 access
    266 0 2 chroot
    274 0 1 setsid
    276 1 2 mkdir
    278 0 2 rmdir
    284 1 1 unshare
    290 3 - page_fault
    292 1 20 execve
    294 2 1 setpgid
    298 1 1 seccomp
    300 0 2 unlink
    302 0 4 unlinkat
    304 0 4 mkdirat
    306 4 6 openat
    308 0 3 link
    310 0 6 linkat
    312 0 4 fchmodat
    314 0 3 chmod
    316 0 3 fchmod
    318 0 6 renameat2
    320 0 2 userfaultfd
    326 5 6 openat2
    328 3 1 mprotect
    330 3 20 execveat
    332 3 3 copy_file_range
    334 0 20 clone3
    """
}
