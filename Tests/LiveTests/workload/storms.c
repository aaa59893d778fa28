// Many short lives, names and connections at once. The marks of each are its own: every event must be named.
#include "cases.h"

#include <arpa/inet.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char path[700], other[1024];

// --- Processes ---

static void live_shortly(int index) {
  char name[16];
  snprintf(name, sizeof name, "storm-%d", index);
  set_name(name);
  int parent = outer_parent();
  snprintf(path, sizeof path, "%s/%d-%d", directory, getpid(), index);
  long number = mark();
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  about(number, "openat", fd);
  counts("proc.pid", outer_pid());
  counts("proc.ppid", parent);
  says("proc.name", "%s", name);
  says("proc.pname", "storm-parent");
  says("proc.exepath", "%s", own_path);
  says("fd.name", "%s", path);
  done();
  number = mark();
  about(number, "write", write(fd, "x", 1));
  says("proc.name", "%s", name);
  says("fd.name", "%s", path);
  done();
}

static void forks(void) {
  enum { PROCESSES = 120, ALIVE = 6 };
  set_name("storm-parent");
  int alive = 0;
  for (int index = 0; index < PROCESSES; index++) {
    if (alive == ALIVE) finish(-1), alive--;
    int child = must(fork(), "fork");
    if (child == 0) {
      if (index % 8 == 0) execute(own_path, "storm-executed", "facts");
      live_shortly(index);
      _exit(0);
    }
    alive++;
  }
  while (alive-- > 0) finish(-1);
}

// A process with an id that is chosen: it is free, and others had it milliseconds before.
static int fork_as(int pid) {
  pid_t chosen[] = {pid};
  struct clone_args arguments = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)chosen, .set_tid_size = 1};
  for (int round = 0;; round++) {
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child >= 0) return child;
    // Somebody else on this machine was given the id meanwhile.
    if (errno != EEXIST || round == 200) return -1;
    usleep(1000);
  }
}

static int reused;
static void reuse_from_here(void) {
  char name[16];
  for (int turn = 0; turn < 4; turn++) {
    int child = fork_as(reused);
    if (child < 0) return;
    if (child == 0) {
      snprintf(name, sizeof name, "reused-%d-%d", step_value(3), turn);
      if (turn == 1) execute(own_path, name, "facts");
      if (turn != 2) set_name(name);
      mark_facts();
      _exit(0);
    }
    finish(child);
  }
}

// One id for many processes of several parents, which have names, parents and programs of their own.
static void reuse_of_pids(void) {
  int first = must(fork(), "fork");
  if (first == 0) {
    set_name("had-it-first");
    mark_facts();
    _exit(0);
  }
  finish(first);
  reused = first;
  reuse_from_here();
  step_to(3, 1);
  set_name("second-parent");
  in_child(reuse_from_here);
}

static void child_of_small_namespace(void) {
  set_name("in-small");
  about(mark(), "mark", 0);
  own_facts();
  done();
}
static void small_namespace(void) {
  // In a namespace of its own where the kernel has one for each (6.14), else the last id that was given is set back.
  int fd = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
  bool lowered = fd >= 0 && step_value(4) && write(fd, "310", 3) == 3;
  close(fd);
  for (int turn = 0; turn < 640; turn++) {
    if (!lowered && turn % 20 == 0) {
      fd = must(open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC), "ns_last_pid");
      must(write(fd, "1", 1), "ns_last_pid");
      close(fd);
    }
    in_child(turn % 20 ? (void (*)(void))getpid : child_of_small_namespace);
  }
}
static void wrap_around(void) {
  char before[32];
  snprintf(before, sizeof before, "%s", proc_text("sys/kernel/pid_max"));
  must(unshare(CLONE_NEWPID), "unshare");
  // Only a kernel that is new enough keeps the limit for each namespace: all others would be changed too.
  int major = 0, minor = 0;
  sscanf(proc_text("sys/kernel/osrelease"), "%d.%d", &major, &minor);
  step_to(4, major > 6 || (major == 6 && minor >= 14));
  in_child(small_namespace);
  if (strcmp(before, proc_text("sys/kernel/pid_max")) != 0) must(-1, "the limit of the whole machine was changed");
}

// --- Names ---

// This process renames and uses turn about: there is one right answer.
static void renames_in_order(void) {
  snprintf(path, sizeof path, "%s/tree", directory);
  must(mkdir(path, 0755), path);
  snprintf(other, sizeof other, "%s/file", path);
  make_file(other);
  int fd = must(open(other, O_RDWR | O_CLOEXEC), other);
  must(chdir(path), path);
  char from[1024], to[1024], byte;
  strcpy(from, path);
  for (int turn = 0; turn < 20; turn++) {
    snprintf(to, sizeof to, "%s/tree-%d", directory, turn);
    must(rename(from, to), "rename");
    strcpy(from, to);
    long number = mark();
    about(number, "pread", pread(fd, &byte, 1, 0));
    says("fd.name", "%s", other);
    says("fd.realname", "%s/file", to);
    says("proc.cwd", "%s/", to);
    done();
  }
}

enum { NAMES = 6 };
static void one_of_names(const char *field, const char *end) {
  for (int index = 0; index < NAMES; index++) {
    if (index == 0) says(field, "%s/name-%d%s", directory, index, end);
    else may_also_say(field, "%s/name-%d%s", directory, index, end);
  }
}

// Another process renames the directory all the time: the names are of those that were valid.
static void renames_by_another(void) {
  snprintf(path, sizeof path, "%s/name-0", directory);
  must(mkdir(path, 0755), path);
  snprintf(other, sizeof other, "%s/file", path);
  make_file(other);
  int fd = must(open(other, O_RDWR | O_CLOEXEC), other);
  must(chdir(path), path);
  int renamer = must(fork(), "fork");
  if (renamer == 0) {
    char to[1024];
    while (!step_value(5)) {
      for (int turn = 1; turn <= NAMES; turn++) {
        snprintf(to, sizeof to, "%s/name-%d", directory, turn % NAMES);
        must(rename(path, to), "rename");
        strcpy(path, to);
      }
    }
    _exit(0);
  }
  char byte;
  for (int turn = 0; turn < 60; turn++) {
    long number = mark();
    about(number, "pread", pread(fd, &byte, 1, 0));
    says("fd.name", "%s", other);
    one_of_names("fd.realname", "/file");
    one_of_names("proc.cwd", "/");
    done();
    number = mark();
    int next = open("file", O_RDONLY | O_CLOEXEC);
    about(number, "openat", next);
    one_of_names("fd.name", "/file");
    done();
    close(next);
  }
  step_to(5, 1);
  finish(renamer);
}

// --- Connections ---

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int port_of(int fd, bool peer) {
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  must((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&address, &length), "name of a socket");
  return ntohs(address.sin_port);
}

static void says_tuple(int fd, int client, int server, bool is_server) {
  counts("fd.num", fd);
  counts("fd.cport", client);
  counts("fd.sport", server);
  counts("fd.lport", is_server ? server : client);
  counts("fd.rport", is_server ? client : server);
  holds("fd.is_server", is_server);
  says("fd.name", "127.0.0.1:%d->127.0.0.1:%d", client, server);
  done();
}

enum { CONNECTIONS = 60, CLIENTS = 2 };
static void serve(int listener) {
  char byte;
  for (int turn = 0; turn < CONNECTIONS * CLIENTS; turn++) {
    long number = mark();
    int fd = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
    about(number, "accept4", fd);
    int server = port_of(fd, false), client = port_of(fd, true);
    says_tuple(fd, client, server, true);
    number = mark();
    about(number, "read", read(fd, &byte, 1));
    says_tuple(fd, client, server, true);
    number = mark();
    about(number, "close", close(fd));
    says_tuple(fd, client, server, true);
  }
}

static void connect_often(int server) {
  struct sockaddr_in address = loopback(server);
  for (int turn = 0; turn < CONNECTIONS; turn++) {
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    long number = mark();
    must(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
    int client = port_of(fd, false);
    about(number, "connect", 0);
    says_tuple(fd, client, server, false);
    number = mark();
    about(number, "write", write(fd, "x", 1));
    says_tuple(fd, client, server, false);
    number = mark();
    about(number, "close", close(fd));
    says_tuple(fd, client, server, false);
  }
}

static void connections(void) {
  int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  struct sockaddr_in address = loopback(0);
  must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  must(listen(listener, 64), "listen");
  for (int index = 0; index < CLIENTS; index++) {
    int child = must(fork(), "fork");
    if (child == 0) {
      connect_often(port_of(listener, false));
      _exit(0);
    }
  }
  serve(listener);
  for (int index = 0; index < CLIENTS; index++) finish(-1);
}

const struct test_case storm_cases[] = {
    {"storm of forks", forks},
    {"reuse of process ids", reuse_of_pids},
    {"process ids that wrap around", wrap_around},
    {"renames in order", renames_in_order},
    {"renames by another", renames_by_another},
    {"storm of connections", connections},
    {0},
};
