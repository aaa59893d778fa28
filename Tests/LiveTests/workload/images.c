// What is executed, and where a process stands.
#include "cases.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct gate gate;
static char path[512], other[1024];

static const char *fresh(const char *name) {
  snprintf(path, sizeof path, "%s/%s-%ld", directory, name, repetition);
  return path;
}

static void run_role(const char *program, const char *zero, const char *role) {
  int child = must(fork(), "fork");
  if (child == 0) execute(program, zero, role);
  finish(child);
}

static void executed(void) { run_role(own_path, "plain argument zero", "facts"); }
static void executed_twice(void) { run_role(own_path, "first", "again"); }

static void executed_by_link(void) {
  must(symlink(own_path, fresh("link")), path);
  run_role(path, "by-link", "facts");
}

static void executed_relative(void) {
  copy_program(fresh("relative"), 0755);
  must(chdir(directory), directory);
  snprintf(other, sizeof other, "./././relative-%ld", repetition);
  run_role(other, other, "facts");
  must(unlink(path), path);
}

static void executed_script(void) {
  int fd = must(open(fresh("script"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755), path);
  dprintf(fd, "#!%s @script\n", own_path);
  close(fd);
  int child = must(fork(), "fork");
  if (child == 0) execute(path, "not seen", "argument");
  finish(child);
}

static void executed_descriptor(void) {
  int child = must(fork(), "fork");
  if (child == 0) {
    int fd = must(open(own_path, O_RDONLY | O_CLOEXEC), own_path);
    char **arguments = role_arguments("by-descriptor", "execveat", next_number());
    mark_as(atol(arguments[6]));
    syscall(SYS_execveat, fd, "", arguments, NULL, AT_EMPTY_PATH);
    must(-1, "execveat");
  }
  finish(child);
}

static void executed_memory(void) {
  int child = must(fork(), "fork");
  if (child == 0) {
    int fd = must(memfd_create("in memory", MFD_CLOEXEC), "memfd_create");
    char copy[64];
    snprintf(copy, sizeof copy, "/proc/self/fd/%d", fd);
    copy_program(copy, 0755);
    // A file that is open for writing cannot be executed.
    int again = must(open(copy, O_RDONLY | O_CLOEXEC), copy);
    close(fd);
    char **arguments = role_arguments("from-memory", "execveat", next_number());
    mark_as(atol(arguments[6]));
    syscall(SYS_execveat, again, "", arguments, NULL, AT_EMPTY_PATH);
    must(-1, "execveat");
  }
  finish(child);
}

static void executed_removed(void) {
  copy_program(fresh("removed"), 0755);
  run_role(path, path, "remove");
}

// One path, three programs one after the other.
static void executed_replaced(void) {
  for (int turn = 0; turn < 3; turn++) {
    copy_program(fresh("replaced"), 0755);
    run_role(path, path, "facts");
    must(unlink(path), path);
  }
}

// One inode, written between.
static void executed_rewritten(void) {
  for (int turn = 0; turn < 3; turn++) {
    copy_program(fresh("rewritten"), 0755);
    run_role(path, path, "facts");
  }
  must(unlink(path), path);
}

static void as_nobody(const char *role) {
  int child = must(fork(), "fork");
  if (child == 0) {
    must(setresgid(65534, 65534, 65534), "setresgid");
    must(setresuid(65534, 65534, 65534), "setresuid");
    execute(path, path, role);
  }
  finish(child);
}

static void executed_by_nobody(void) {
  copy_program(fresh("foreign"), 0755);
  as_nobody("unwritable");
  must(chown(path, 65534, 65534), "chown");
  as_nobody("writable");
  run_role(path, path, "writable");
  must(unlink(path), path);
}

static void executed_setuid(void) {
  copy_program(fresh("setuid"), 0755);
  must(chown(path, 65534, 65534), "chown");
  must(chmod(path, 06755), "chmod");
  run_role(path, path, "facts");
  must(unlink(path), path);
}

static void *execute_from_thread(void *unused) {
  (void)unused;
  set_name("not-the-leader");
  mark_facts();
  char *environment[] = {NULL};
  // The thread takes the id of the leader: the call's event is looked for by the mark behind it.
  execve(own_path, role_arguments("by-thread", "mark", 0), environment);
  must(-1, "execve");
  return NULL;
}

static void executed_by_thread(void) {
  int child = must(fork(), "fork");
  if (child == 0) {
    mark_facts();
    pthread_t thread;
    must(-pthread_create(&thread, NULL, execute_from_thread, NULL), "pthread_create");
    for (;;) pause();
  }
  finish(child);
}

static void own_mounts(void) {
  must(unshare(CLONE_NEWNS), "unshare");
  must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
}

// A lower layer with a program, an upper one, and what comes out of both.
static void overlay(void) {
  own_mounts();
  must(mkdir(fresh("overlay"), 0755), path);
  must(mount("tmpfs", path, "tmpfs", 0, NULL), "mount tmpfs");
  static char lower[600], upper[600], work[600], merged[600], options[2000], program[640], added[640];
  snprintf(lower, sizeof lower, "%s/lower", path);
  snprintf(upper, sizeof upper, "%s/upper", path);
  snprintf(work, sizeof work, "%s/work", path);
  snprintf(merged, sizeof merged, "%s/merged", path);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
  must(mkdir(lower, 0755) | mkdir(upper, 0755) | mkdir(work, 0755) | mkdir(merged, 0755), "mkdir");
  snprintf(program, sizeof program, "%s/program", lower);
  copy_program(program, 0755);
  must(mount("overlay", merged, "overlay", 0, options), "mount overlay");
  snprintf(program, sizeof program, "%s/program", merged);
  snprintf(added, sizeof added, "%s/added", merged);
  copy_program(added, 0755);
  run_role(program, program, "lower");
  run_role(added, added, "upper");
  int fd = must(open(program, O_RDWR | O_CLOEXEC), program);
  must(pwrite(fd, "\177", 1, 0), "write");
  close(fd);
  run_role(program, program, "upper");
}

// --- Places ---

static void make_directory(const char *name) { must(mkdir(fresh(name), 0755), path); }

static void directories(void) {
  make_directory("place");
  long number = mark();
  about(number, "chdir", chdir(path));
  says("proc.cwd", "%s/", path);
  done();
  mark_facts();
  in_child(mark_facts);
  snprintf(other, sizeof other, "%s-moved", path);
  must(rename(path, other), "rename");
  mark_facts();
  must(rmdir(other), "rmdir");
  mark_facts();
  int root = must(open("/", O_RDONLY | O_CLOEXEC), "/");
  must(fchdir(root), "fchdir");
  mark_facts();
}

// The directory above is renamed by another process while this one makes no call.
static void directory_above_renamed(void) {
  make_directory("above");
  snprintf(other, sizeof other, "%s/below", path);
  must(mkdir(other, 0755), other);
  must(chdir(other), other);
  mark_facts();
  gate = make_gate();
  int mover = must(fork(), "fork");
  if (mover == 0) {
    snprintf(other, sizeof other, "%s-renamed", path);
    must(rename(path, other), "rename");
    open_gate(gate);
    _exit(0);
  }
  wait_at(gate);
  mark_facts();
  finish(mover);
}

static void *wait_for_directory(void *unused) {
  (void)unused;
  mark_facts();
  step_to(0, 1);
  wait_at(gate);
  mark_facts();
  must(unshare(CLONE_FS), "unshare");
  must(chdir("/usr"), "/usr");
  mark_facts();
  return NULL;
}

static void directory_shared_by_threads(void) {
  make_directory("shared");
  gate = make_gate();
  pthread_t thread;
  must(-pthread_create(&thread, NULL, wait_for_directory, NULL), "pthread_create");
  while (!step_value(0)) usleep(200);
  must(chdir(path), path);
  open_gate(gate);
  pthread_join(thread, NULL);
  mark_facts();
}

static void other_root(void) {
  make_directory("root");
  snprintf(other, sizeof other, "%s/inside", path);
  must(mkdir(other, 0755), other);
  must(chroot(path), path);
  root_path = path;
  mark_facts();
  must(chdir("/inside"), "/inside");
  mark_facts();
}

static void inner_child(void) { mark_facts(); }

// The first process of the namespace becomes the parent of whoever has none.
static void orphan_inside(void) {
  int middle = must(fork(), "fork");
  if (middle == 0) {
    pid_t parent = getpid();
    if (must(fork(), "fork") > 0) _exit(0);
    while (getppid() == parent) usleep(500);
    set_name("inner-orphan");
    mark_facts();
    _exit(0);
  }
  finish(middle);
  finish(-1);
}
static void first_of_namespace(void) {
  set_name("inner-init");
  mark_facts();
  in_child(inner_child);
  orphan_inside();
  must(unshare(CLONE_NEWPID), "unshare");
  in_child(inner_child);
}
static void pid_namespace(void) {
  must(unshare(CLONE_NEWPID), "unshare");
  in_child(first_of_namespace);
}

const struct test_case image_cases[] = {
    {"exec", executed},
    {"exec twice", executed_twice},
    {"exec by a link", executed_by_link},
    {"exec by a relative path", executed_relative},
    {"exec of a script", executed_script},
    {"exec of a descriptor", executed_descriptor},
    {"exec from memory", executed_memory},
    {"exec of a file that is removed", executed_removed},
    {"exec of replaced files", executed_replaced},
    {"exec of a rewritten file", executed_rewritten},
    {"exec by nobody", executed_by_nobody},
    {"exec with another user", executed_setuid},
    {"exec by a thread", executed_by_thread},
    {"exec on an overlay", overlay},
    {0},
};

const struct test_case place_cases[] = {
    {"directories", directories},
    {"directory above renamed", directory_above_renamed},
    {"directory shared by threads", directory_shared_by_threads},
    {"other root", other_root},
    {"pid namespace", pid_namespace},
    {0},
};

static void environment(void) { run_role(own_path, "environment", "environment"); }
const struct test_case environment_cases[] = {{"environment", environment}, {0}};
static void environment_named(void) { run_role(own_path, "environment", "environment-named"); }
const struct test_case named_environment_cases[] = {{"environment by name", environment_named}, {0}};
static void environment_absent(void) { run_role(own_path, "environment", "environment-absent"); }
const struct test_case absent_environment_cases[] = {{"no environment", environment_absent}, {0}};
