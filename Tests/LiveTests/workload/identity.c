// Who: parents, names, groups, sessions, users, places.
#include "cases.h"

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

// --- Names ---

static void own_renames(void) {
  char name[16];
  for (int turn = 0; turn < 3; turn++) {
    snprintf(name, sizeof name, "turn %d) R 1 (", turn);
    long number = mark();
    about(number, "prctl", prctl(PR_SET_NAME, name));
    says("proc.name", "%s", name);
    done();
    mark_facts();
  }
}

static struct gate gate;
static void *rename_and_mark(void *name) {
  set_name(name);
  mark_facts();
  return NULL;
}

static void *wait_and_mark(void *unused) {
  (void)unused;
  set_name("waiting");
  mark_facts();
  step_to(1, outer_tid());
  wait_at(gate);
  mark_facts();
  return NULL;
}

static pthread_t start_thread(void *(*body)(void *), void *argument) {
  pthread_t thread;
  must(-pthread_create(&thread, NULL, body, argument), "pthread_create");
  return thread;
}

static void threads(void) {
  static char names[4][16] = {"worker-0", "worker-1", "worker-2", "worker-3"};
  pthread_t workers[4];
  for (int index = 0; index < 4; index++) workers[index] = start_thread(rename_and_mark, names[index]);
  for (int index = 0; index < 4; index++) pthread_join(workers[index], NULL);
  gate = make_gate();
  pthread_t waiting = start_thread(wait_and_mark, NULL);
  while (!step_value(1)) usleep(200);
  set_name("main-renamed");
  mark_facts();
  open_gate(gate);
  pthread_join(waiting, NULL);
}

// A thread that writes the name of its leader, or of another thread, while these make no call. The kernel lets no other
// process do so.
static struct gate renamer_gate, renamed_gate;
// Shared by all that `rename_task` from another process: what the thread is to do.
struct renaming {
  char task[64], name[16];
};
static struct renaming *renaming;
static void *rename_on_request(void *unused) {
  (void)unused;
  for (;;) {
    wait_at(renamer_gate);
    write_text(renaming->task, "%s", renaming->name);
    open_gate(renamed_gate);
  }
  return NULL;
}
static void prepare_renaming(void) {
  renamer_gate = make_gate();
  renamed_gate = make_gate();
  renaming = mmap(NULL, sizeof *renaming, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  start_thread(rename_on_request, NULL);
}
static void rename_task(int pid, int tid, const char *name) {
  snprintf(renaming->task, sizeof renaming->task, "/proc/%d/task/%d/comm", pid, tid);
  snprintf(renaming->name, sizeof renaming->name, "%s", name);
  open_gate(renamer_gate);
  wait_at(renamed_gate);
}

static void written_names(void) {
  prepare_renaming();
  mark_facts();
  rename_task(getpid(), getpid(), "by-a-thread");
  mark_facts();
  gate = make_gate();
  pthread_t thread = start_thread(wait_and_mark, NULL);
  while (!step_value(1)) usleep(200);
  rename_task(getpid(), step_value(1), "thread-renamed");
  rename_task(getpid(), getpid(), "leader-renamed");
  open_gate(gate);
  pthread_join(thread, NULL);
}

// --- Parents ---

static void just_forked(void) { in_child(mark_facts); }

static void chain_c(void) {
  set_name("chain-c");
  mark_facts();
}
static void chain_b(void) {
  set_name("chain-b");
  in_child(chain_c);
  mark_facts();
}
static void chain(void) {
  set_name("chain-a");
  in_child(chain_b);
  set_name("chain-a2");
  in_child(chain_b);
  mark_facts();
}

static void parent_executes(void) {
  set_name("before-exec");
  int child = must(fork(), "fork");
  if (child == 0) {
    mark_facts();
    step_to(0, 1);
    await(0, 2);
    mark_facts();
    _exit(0);
  }
  await(0, 1);
  execute(own_path, "parent-after", "parent");
}

// A thread of an ancestor renames that ancestor, whose leader waits and makes no call of its own.
static int oldest;
static void renamer_grandchild(void) {
  mark_facts();
  rename_task(oldest, oldest, "oldest-renamed");
  mark_facts();
}
static void renamer_child(void) {
  set_name("middle");
  rename_task(oldest, oldest, "oldest-again");
  mark_facts();
  in_child(renamer_grandchild);
}
static void ancestors_renamed(void) {
  oldest = getpid();
  set_name("oldest");
  prepare_renaming();
  in_child(renamer_child);
}

static void orphan_of(bool reaper) {
  if (reaper) {
    must(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
    set_name("reaper");
  }
  gate = make_gate();
  struct gate dead = make_gate();
  int middle = must(fork(), "fork");
  if (middle == 0) {
    set_name("leaving");
    if (must(fork(), "fork") == 0) {
      set_name("orphan");
      mark_facts();
      // A child of the orphan: its grandparent changes while the orphan makes no call.
      int inner = must(fork(), "fork");
      if (inner == 0) {
        set_name("of-orphan");
        step_to(2, 1);
        wait_at(dead);
        mark_facts();
        _exit(0);
      }
      finish(inner);
      mark_facts();
      open_gate(gate);
      _exit(0);
    }
    await(2, 1);
    _exit(0);
  }
  finish(middle);
  open_gate(dead);
  wait_at(gate);
  if (reaper) finish(-1);
}
static void orphan_of_init(void) { orphan_of(false); }
static void orphan_of_reaper(void) { orphan_of(true); }

static void cloned_as_sibling(void) {
  set_name("elder");
  struct gate ended = make_gate();
  int middle = must(fork(), "fork");
  if (middle == 0) {
    set_name("not-a-parent");
    long child = must(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0), "clone");
    if (child == 0) {
      mark_facts();
      open_gate(ended);
      _exit(0);
    }
    wait_at(ended);
    _exit(0);
  }
  finish(middle);
  finish(-1);
}

static void *fork_and_mark(void *unused) {
  (void)unused;
  set_name("forking-thread");
  in_child(mark_facts);
  return NULL;
}
static void forked_by_thread(void) {
  set_name("its-leader");
  pthread_join(start_thread(fork_and_mark, NULL), NULL);
}

static void vforked(void) {
  set_name("vforking");
  long before = next_number();
  pid_t child = vfork();
  if (child == 0) {
    mark_as(before);
    about(before, "mark", 0);
    facts();
    done();
    execute(own_path, "vforked", "facts");
  }
  finish(must(child, "vfork"));
  mark_facts();
}

// --- Groups, sessions, terminals ---

static void new_session(void) {
  long number = mark();
  about(number, "setsid", setsid());
  counts("proc.sid", outer_pid());
  holds("proc.is_sid_leader", true);
  done();
  mark_facts();
}

static void groups(void) {
  must(setsid(), "setsid");
  set_name("leader");
  prepare_renaming();
  mark_facts();
  gate = make_gate();
  struct gate back = make_gate();
  int child = must(fork(), "fork");
  if (child == 0) {
    set_name("member");
    mark_facts();
    open_gate(back);
    wait_at(gate);
    mark_facts();
    rename_task(getppid(), getppid(), "leader-renamed");
    mark_facts();
    in_child(new_session);
    _exit(0);
  }
  wait_at(back);
  must(setpgid(child, child), "setpgid");
  open_gate(gate);
  finish(child);
}

static void leader_ended(void) {
  gate = make_gate();
  must(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
  int leader = must(fork(), "fork");
  if (leader == 0) {
    must(setsid(), "setsid");
    set_name("mortal");
    if (must(fork(), "fork") == 0) {
      set_name("left-behind");
      wait_at(gate);
      mark_facts();
      _exit(0);
    }
    _exit(0);
  }
  finish(leader);
  open_gate(gate);
  finish(-1);
}

static void terminal(void) {
  signal(SIGHUP, SIG_IGN);
  int master = must(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
  must(grantpt(master) | unlockpt(master), "pty");
  must(setsid(), "setsid");
  int slave = must(open(ptsname(master), O_RDWR | O_CLOEXEC), "open the terminal");
  mark_facts();
  in_child(mark_facts);
  must(ioctl(slave, TIOCNOTTY), "TIOCNOTTY");
  mark_facts();
}

// --- Users and rights ---

static void credentials(void) {
  long number = mark();
  about(number, "setresuid", syscall(SYS_setresuid, -1, 65534, -1));
  counts("user.uid", 65534);
  says("user.name", "nobody");
  done();
  mark_facts();
  must(syscall(SYS_setresuid, -1, 0, -1), "setresuid");
  must(setresgid(1, 2, 3), "setresgid");
  mark_facts();
  write_text("/proc/self/loginuid", "%ld", 1000 + repetition);
  mark_facts();
  in_child(mark_facts);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
  must(syscall(SYS_capget, &header, data), "capget");
  data[0].effective &= ~(1u << CAP_NET_RAW | 1u << CAP_SYS_ADMIN);
  data[0].inheritable |= 1u << CAP_NET_BIND_SERVICE;
  must(syscall(SYS_capset, &header, data), "capset");
  mark_facts();
  must(setresuid(1, 2, 3), "setresuid");
  mark_facts();
}

static void *other_user(void *unused) {
  (void)unused;
  must(syscall(SYS_setresuid, 65534, 65534, 65534), "setresuid");
  mark_facts();
  return NULL;
}
static void credentials_of_one_thread(void) {
  pthread_join(start_thread(other_user, NULL), NULL);
  mark_facts();
}

static void limited_by_another(void) {
  gate = make_gate();
  struct gate back = make_gate();
  int child = must(fork(), "fork");
  if (child == 0) {
    mark_facts();
    open_gate(back);
    wait_at(gate);
    mark_facts();
    _exit(0);
  }
  wait_at(back);
  struct rlimit limit = {950, 960};
  must(prlimit(child, RLIMIT_NOFILE, &limit, NULL), "prlimit");
  open_gate(gate);
  finish(child);
}

static void moved_to_cgroup(void) {
  static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  const char *root = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? roots[0] : roots[1];
  char folder[128], path[192], home[256];
  snprintf(home, sizeof home, "%s%.*s/cgroup.procs", root, (int)strcspn(strstr(proc_text("self/cgroup"), "0::") + 3, "\n"),
           strstr(proc_text("self/cgroup"), "0::") + 3);
  snprintf(folder, sizeof folder, "%s/reel-truth-%d-%ld", root, getpid(), repetition);
  must(mkdir(folder, 0755), folder);
  snprintf(path, sizeof path, "%s/cgroup.procs", folder);
  gate = make_gate();
  struct gate back = make_gate();
  int child = must(fork(), "fork");
  if (child == 0) {
    for (int turn = 0; turn < 3; turn++) {
      mark_facts();
      open_gate(back);
      wait_at(gate);
    }
    _exit(0);
  }
  wait_at(back);
  write_text(path, "%d", child);
  open_gate(gate);
  wait_at(back);
  write_text(home, "%d", child);
  open_gate(gate);
  wait_at(back);
  open_gate(gate);
  finish(child);
  must(rmdir(folder), folder);
}

const struct test_case identity_cases[] = {
    {"own renames", own_renames},
    {"threads", threads},
    {"names written by a thread", written_names},
    {"fork without exec", just_forked},
    {"chain of forks", chain},
    {"parent executes later", parent_executes},
    {"ancestors renamed by a thread", ancestors_renamed},
    {"orphan of init", orphan_of_init},
    {"orphan of a subreaper", orphan_of_reaper},
    {"cloned as a sibling", cloned_as_sibling},
    {"forked by a thread", forked_by_thread},
    {"vfork", vforked},
    {"groups and sessions", groups},
    {"session leader ended", leader_ended},
    {"terminal", terminal},
    {"credentials", credentials},
    {"credentials of one thread", credentials_of_one_thread},
    {"limited by another", limited_by_another},
    {"moved to a cgroup", moved_to_cgroup},
    {0},
};
