// What /proc says about a process at this moment, in the words of an event's fields.
#include "expect.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

// /proc of the outermost pid namespace, opened before anything moves elsewhere.
#define PROC_DESCRIPTOR 901
// The root of the unified hierarchy of control groups, and those of the older ones that stand in for it.
#define CGROUP_DESCRIPTOR 902
#define MEMORY_DESCRIPTOR 903
#define TASKS_DESCRIPTOR 904

const char *root_path = "/";

static void keep_folder(const char *path, int descriptor) {
  int fd = open(path, O_PATH | O_DIRECTORY);
  if (fd < 0) return;
  must(dup2(fd, descriptor), "dup2");
  close(fd);
}

void facts_begin(void) {
  int fd = must(open("/proc", O_RDONLY | O_DIRECTORY), "/proc");
  must(dup2(fd, PROC_DESCRIPTOR), "dup2");
  close(fd);
  bool is_unified = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0;
  keep_folder(is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified", CGROUP_DESCRIPTOR);
  keep_folder("/sys/fs/cgroup/memory", MEMORY_DESCRIPTOR);
  keep_folder("/sys/fs/cgroup/pids", TASKS_DESCRIPTOR);
}

#define TEXT_SIZE 16384
static char *next_text(void) {
  static _Thread_local char text[8][TEXT_SIZE];
  static _Thread_local int turn;
  turn = (turn + 1) & 7;
  return text[turn];
}

// Keeps the length of what was last read: command lines contain NULs.
static _Thread_local long last_length;
const char *proc_text(const char *path) {
  char *text = next_text();
  last_length = 0;
  int fd = openat(PROC_DESCRIPTOR, path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    for (long part; (part = read(fd, text + last_length, TEXT_SIZE - 1 - last_length)) > 0;) last_length += part;
    close(fd);
  }
  text[last_length] = 0;
  return text;
}

const char *proc_link(const char *path) {
  char *text = next_text();
  long length = readlinkat(PROC_DESCRIPTOR, path, text, TEXT_SIZE - 1);
  text[length < 0 ? 0 : length] = 0;
  return text;
}

static const char *path_of(const char *pid, const char *file) {
  char *text = next_text();
  snprintf(text, TEXT_SIZE, "%s/%s", pid, file);
  return text;
}

int outer_pid(void) { return atoi(proc_link("self")); }
int outer_tid(void) {
  const char *last = strrchr(proc_link("thread-self"), '/');
  return last ? atoi(last + 1) : 0;
}

// Cuts the remark that the kernel puts behind the name of what was removed.
static bool cut_remark(char *path) {
  char *remark = strstr(path, " (deleted)");
  if (remark) *remark = 0;
  return remark != NULL;
}

struct stat_line {
  int parent, group, session, tty;
  unsigned long long start;
};

static struct stat_line stat_of(const char *pid) {
  struct stat_line line = {0};
  const char *text = strrchr(proc_text(path_of(pid, "stat")), ')');
  if (text)
    sscanf(text + 1, " %*c %d %d %d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &line.parent,
           &line.group, &line.session, &line.tty, &line.start);
  return line;
}

int outer_parent(void) { return stat_of("self").parent; }

static const char *name_of(const char *pid) {
  char *text = (char *)proc_text(path_of(pid, "comm"));
  text[strcspn(text, "\n")] = 0;
  return text;
}

static const char *status_of(const char *status, const char *name) {
  const char *at = strstr(status, name);
  return at ? at + strlen(name) : "";
}

// The last number on a line: what the innermost namespace calls it.
static long last_number(const char *text) {
  long number = 0;
  while (*text && *text != '\n') {
    char *end;
    long next = strtol(text, &end, 10);
    if (end == text) break;
    number = next;
    text = end;
  }
  return number;
}

static const char *const capabilities[] = {
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
};

static void says_namespaces(void) {
  static const char *const names[] = {"mnt", "pid", "net", "user", "uts", "ipc", "cgroup"};
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    char field[32], file[32];
    snprintf(file, sizeof file, "ns/%s", names[index]);
    const char *number = strchr(proc_link(path_of("thread-self", file)), '[');
    snprintf(field, sizeof field, "proc.ns.%s", names[index]);
    if (number) counts(field, atoll(number + 1));
  }
}

// The group in a hierarchy, by what stands in front of its path in a line of the table; NULL when there is none.
static char *group_of(const char *table, const char *hierarchy) {
  const char *line = strstr(table, hierarchy);
  if (!line) return NULL;
  line += strlen(hierarchy);
  char *path = next_text();
  snprintf(path, TEXT_SIZE, "%.*s", (int)strcspn(line, "\n"), line);
  return path;
}

// That of the unified hierarchy; where it is the root, that of the memory, or else of the number of tasks.
static void says_cgroup(void) {
  static const struct {
    const char *hierarchy;
    int descriptor;
  } hierarchies[] = {{"0::", CGROUP_DESCRIPTOR}, {":memory:", MEMORY_DESCRIPTOR}, {":pids:", TASKS_DESCRIPTOR}};
  const char *table = proc_text("thread-self/cgroup");
  char *path = group_of(table, hierarchies[0].hierarchy);
  if (!path) return;
  int descriptor = CGROUP_DESCRIPTOR;
  for (size_t index = 1; index < sizeof hierarchies / sizeof *hierarchies && !path[1]; index++) {
    char *other = group_of(table, hierarchies[index].hierarchy);
    if (!other || !other[1]) continue;
    path = other;
    descriptor = hierarchies[index].descriptor;
  }
  says("thread.cgroups", "%s", path);
  says("proc.cgroup", "%s", path);
  struct stat about;
  if (fstatat(descriptor, path[1] ? path + 1 : ".", &about, 0) == 0) counts("proc.cgroup.id", about.st_ino);
}

static void says_capabilities(const char *field, const char *status, const char *name) {
  unsigned long long set = strtoull(status_of(status, name), NULL, 16);
  char text[1024] = "";
  for (unsigned bit = 0; bit < sizeof capabilities / sizeof *capabilities; bit++) {
    if (set >> bit & 1)
      snprintf(text + strlen(text), sizeof text - strlen(text), "%sCAP_%s", *text ? " " : "", capabilities[bit]);
  }
  says(field, "%s", text);
}

static void says_line(const char *area, long length) {
  char *text = next_text();
  long size = 0, first = strlen(area) + 1;
  for (long at = first; at < length; at++) text[size++] = area[at] ? area[at] : ' ';
  if (size > 0) size--;  // the NUL of the last one
  text[size] = 0;
  says("proc.exe", "%s", area);
  says("proc.args", "%s", text);
  says("proc.cmdline", "%s%s%s", name_of("self"), length > first ? " " : "", text);
  holds("proc.is_args_truncated", false);
}

static void says_executable(void) {
  char *path = (char *)proc_link("self/exe");
  if (!*path) return;
  cut_remark(path);
  bool in_memory = strncmp(path, "/memfd:", 7) == 0;
  says("proc.exepath", "%s", path);
  if (in_memory) may_also_say("proc.exepath", "%s", path + 1);
  holds("proc.is_exe_from_memfd", in_memory);
  struct stat about;
  if (fstatat(PROC_DESCRIPTOR, "self/exe", &about, 0) != 0) return;
  counts("proc.exe_ino", about.st_ino);
  // Its removal changed the inode after the program was started.
  if (about.st_nlink > 0)
    counts("proc.exe_ino.ctime", about.st_ctim.tv_sec * 1000000000ll + about.st_ctim.tv_nsec);
  counts("proc.exe_ino.mtime", about.st_mtim.tv_sec * 1000000000ll + about.st_mtim.tv_nsec);
}

static void says_leader(const char *prefix, int pid) {
  char name[24], field[40];
  snprintf(name, sizeof name, "%d", pid);
  bool is_session = strcmp(prefix, "proc.sid") == 0;
  if (is_session) strcpy(field, "proc.sname");
  else snprintf(field, sizeof field, "%s.name", prefix);
  const char *comm = name_of(name);
  // A leader that is gone has no entry: a recorder may remember its name.
  if (*comm) says(field, "%s", comm);
  char *path = (char *)proc_link(path_of(name, "exe"));
  cut_remark(path);
  snprintf(field, sizeof field, "%s.exepath", prefix);
  if (*path) says(field, "%s", path);
}

void own_facts(void) {
  static _Thread_local char status[TEXT_SIZE];
  strcpy(status, proc_text("thread-self/status"));
  struct stat_line line = stat_of("thread-self");
  int pid = outer_pid(), tid = outer_tid();
  counts("proc.pid", pid);
  counts("proc.ppid", line.parent);
  says("proc.name", "%s", name_of("self"));
  says("thread.name", "%s", name_of("thread-self"));
  holds("thread.ismain", pid == tid);
  counts("proc.vpid", last_number(status_of(status, "\nNStgid:")));
  counts("thread.vtid", last_number(status_of(status, "\nNSpid:")));
  counts("proc.pgid", line.group);
  counts("proc.vpgid", last_number(status_of(status, "\nNSpgid:")));
  counts("proc.sid", line.session);
  holds("proc.is_sid_leader", line.session == pid);
  holds("proc.is_pgid_leader", line.group == pid);
  says_leader("proc.sid", line.session);
  says_leader("proc.pgid", line.group);
  counts("proc.tty", line.tty);
  // Real, effective, saved, and that of the file system.
  static const char *const fields[2][4] = {{"proc.ruid", "user.uid", "proc.suid", "proc.fsuid"},
                                           {"proc.rgid", "group.gid", "proc.sgid", "proc.fsgid"}};
  for (int kind = 0; kind < 2; kind++) {
    long ids[4] = {0};
    sscanf(status_of(status, kind ? "\nGid:" : "\nUid:"), "%ld %ld %ld %ld", &ids[0], &ids[1], &ids[2], &ids[3]);
    for (int index = 0; index < 4; index++) counts(fields[kind][index], ids[index]);
  }
  counts("proc.vsid", last_number(status_of(status, "\nNSsid:")));
  says("proc.root", "%s", root_path);
  says_namespaces();
  says_capabilities("thread.cap_effective", status, "\nCapEff:");
  says_capabilities("thread.cap_permitted", status, "\nCapPrm:");
  says_capabilities("thread.cap_inheritable", status, "\nCapInh:");
  counts("user.loginuid", (int)strtoul(proc_text("thread-self/loginuid"), NULL, 10));
  char *cwd = (char *)proc_link("thread-self/cwd");
  cut_remark(cwd);
  if (*cwd == '/') says("proc.cwd", "%s%s", cwd, cwd[1] ? "/" : "");
  says_cgroup();
  long limit = 0;
  sscanf(status_of(proc_text("self/limits"), "Max open files"), "%ld", &limit);
  counts("proc.fdlimit", limit);
  const char *area = proc_text("self/cmdline");
  if (last_length > 0 && last_length < 4096) says_line(area, last_length);
  says_executable();
  // The kernel counts in clock ticks since the boot.
  struct timespec boot, now;
  clock_gettime(CLOCK_BOOTTIME, &boot);
  clock_gettime(CLOCK_REALTIME, &now);
  long long offset = (now.tv_sec - boot.tv_sec) * 1000000000ll + now.tv_nsec - boot.tv_nsec;
  long long start = (long long)stat_of("self").start * (1000000000ll / sysconf(_SC_CLK_TCK)) + offset;
  between("proc.pid.ts", start - 30000000, start + 30000000);
}

void facts(void) {
  own_facts();
  int pid = stat_of("self").parent;
  for (int depth = 1; pid > 0 && depth < 16; depth++) {
    char name[24], field[40];
    snprintf(name, sizeof name, "%d", pid);
    snprintf(field, sizeof field, "proc.apid[%d]", depth);
    counts(field, pid);
    snprintf(field, sizeof field, "proc.aname[%d]", depth);
    says(field, "%s", name_of(name));
    char *path = (char *)proc_link(path_of(name, "exe"));
    cut_remark(path);
    snprintf(field, sizeof field, "proc.aexepath[%d]", depth);
    if (*path) says(field, "%s", path);
    if (depth == 1) {
      says("proc.pname", "%s", name_of(name));
      if (*path) says("proc.pexepath", "%s", path);
    }
    pid = stat_of(name).parent;
  }
}

void mark_facts(void) {
  about(mark(), "mark", 0);
  facts();
  done();
}

// In the order of the table that the events' arguments are printed by.
static void says_open_flags(unsigned long flags) {
  static const struct {
    unsigned long value, mask;
    const char *name;
  } names[] = {
      {0100000, 0100000, "O_LARGEFILE"}, {O_DIRECTORY, O_DIRECTORY, "O_DIRECTORY"}, {O_DIRECT, O_DIRECT, "O_DIRECT"},
      {O_SYNC, O_SYNC, "O_SYNC"}, {O_NONBLOCK, O_NONBLOCK, "O_NONBLOCK"}, {O_APPEND, O_APPEND, "O_APPEND"},
      {O_RDWR, O_ACCMODE, "O_RDWR"}, {O_WRONLY, O_ACCMODE, "O_WRONLY"}, {O_RDONLY, O_ACCMODE, "O_RDONLY"},
      {020000000, 020000000, "O_TMPFILE"}, {O_NOFOLLOW, O_NOFOLLOW, "O_NOFOLLOW"}, {O_NOATIME, O_NOATIME, "O_NOATIME"},
      {O_PATH, O_PATH, "O_PATH"},
  };
  char text[256] = "";
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    if ((flags & names[index].mask) == names[index].value)
      snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? "|" : "", names[index].name);
  }
  says("fd.open_flags", "%s", text);
}

void object_facts(int fd) {
  struct stat about;
  must(fstat(fd, &about), "fstat");
  counts("fd.num", fd);
  counts("fd.ino", about.st_ino);
  char info[40];
  snprintf(info, sizeof info, "thread-self/fdinfo/%d", fd);
  const char *text = proc_text(info);
  counts("fd.mount_id", atol(status_of(text, "mnt_id:")));
  says_open_flags(strtoul(status_of(text, "flags:"), NULL, 8));
  if (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) {
    counts("fd.dev.major", major(about.st_dev));
    counts("fd.dev.minor", minor(about.st_dev));
    char path[40];
    snprintf(path, sizeof path, "thread-self/fd/%d", fd);
    // A file that is really called so keeps the remark.
    char *real = (char *)proc_link(path);
    if (about.st_nlink == 0) cut_remark(real);
    says("fd.realname", "%s", real);
    holds("fd.is_deleted", about.st_nlink == 0);
    holds("fd.is_name_truncated", false);
    says("fd.type", "%s", S_ISDIR(about.st_mode) ? "directory" : "file");
  }
}
