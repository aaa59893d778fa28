// What is behind a descriptor that is not a plain file, and how descriptors wander: copies, passing, closing.
#include "cases.h"

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static char path[700], other[1024], byte;

static const char *fresh(const char *name) {
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static int fresh_file(const char *name) {
  make_file(fresh(name));
  return must(open(path, O_RDWR | O_CLOEXEC), path);
}

static void says_object(int fd, const char *type, const char *name) {
  says("fd.type", "%s", type);
  says("fd.name", "%s", name);
  counts("fd.num", fd);
}

// A call that made a descriptor, and then one that uses it.
static void made(long number, const char *call, int fd, const char *type) {
  about(number, call, must(fd, call));
  char link[40];
  snprintf(link, sizeof link, "thread-self/fd/%d", fd);
  char *name = strdup(proc_link(link));
  char *remark = strstr(name, " (deleted)");
  if (remark) *remark = 0;
  says_object(fd, type, name);
  done();
  number = mark();
  about(number, "fcntl", fcntl(fd, F_GETFL));
  says_object(fd, type, name);
  done();
  number = mark();
  about(number, "close", close(fd));
  says_object(fd, type, name);
  done();
  free(name);
}

static void kinds(void) {
  sigset_t set;
  sigemptyset(&set);
  long number;
#define MADE(call, type, ...)              \
  do {                                     \
    number = mark();                       \
    made(number, call, __VA_ARGS__, type); \
  } while (0)
  MADE("eventfd2", "event", eventfd(0, EFD_CLOEXEC));
  MADE("timerfd_create", "timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  MADE("signalfd4", "signalfd", signalfd(-1, &set, SFD_CLOEXEC));
  MADE("epoll_create1", "eventpoll", epoll_create1(EPOLL_CLOEXEC));
  MADE("inotify_init1", "inotify", inotify_init1(IN_CLOEXEC));
  MADE("memfd_create", "memfd", memfd_create("kind", MFD_CLOEXEC));
  MADE("pidfd_open", "pidfd", syscall(SYS_pidfd_open, getpid(), 0));
  union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  MADE("bpf", "bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes));
  struct io_uring_params parameters = {0};
  number = mark();
  long ring = syscall(SYS_io_uring_setup, 2, &parameters);
  if (ring >= 0) made(number, "io_uring_setup", ring, "io_uring");
  MADE("userfaultfd", "userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
#undef MADE
}

static void pipes(void) {
  int ends[2];
  must(pipe2(ends, O_CLOEXEC), "pipe2");
  struct stat status;
  must(fstat(ends[0], &status), "fstat");
  snprintf(other, sizeof other, "pipe:[%lu]", (unsigned long)status.st_ino);
  for (int turn = 0; turn < 2; turn++) {
    long number = mark();
    about(number, turn ? "read" : "write", turn ? read(ends[0], &byte, 1) : write(ends[1], "x", 1));
    says_object(ends[!turn], "pipe", other);
    done();
  }
  long number = mark();
  about(number, "close", close(ends[0]));
  says_object(ends[0], "pipe", other);
  done();
}

static void used(int fd, const char *name) {
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says_object(fd, "file", name);
  done();
}

// Copies under other numbers; a copy onto a number that is taken is about the copy, and what was there is closed.
static void copies(void) {
  int fd = fresh_file("copied");
  char *name = strdup(path);
  long number = mark();
  int next = dup(fd);
  about(number, "dup", next);
  says("fd.name", "%s", name);
  done();
  used(next, name);
  int victim = fresh_file("victim");
  used(victim, path);
  number = mark();
  about(number, "dup2", dup2(fd, victim));
  says("fd.name", "%s", name);
  done();
  used(victim, name);
  int again = fresh_file("victim");
  number = mark();
  about(number, "dup3", dup3(again, victim, O_CLOEXEC));
  says("fd.name", "%s", path);
  done();
  used(victim, path);
  used(fd, name);
  number = mark();
  next = fcntl(fd, F_DUPFD_CLOEXEC, 500);
  about(number, "fcntl", next);
  says("fd.name", "%s", name);
  done();
  used(next, name);
  number = mark();
  about(number, "close", close(victim));
  says_object(victim, "file", path);
  done();
  // The number is free: the next file takes it, under the same number.
  int same = must(fcntl(again, F_DUPFD, victim), "F_DUPFD");
  used(same, path);
}

static int closed_fd, opened_fd;
static struct gate gate;
static void *close_and_open(void *name) {
  wait_at(gate);
  // Until the other thread sleeps in its call.
  usleep(3000);
  close(closed_fd);
  opened_fd = must(open(name, O_RDWR | O_CLOEXEC), name);
  must(dup2(opened_fd, closed_fd), "dup2");
  usleep(1000);
  step_to(0, 1);
  return NULL;
}

// A read waits at a pipe, another thread closes the descriptor and gives its number to a file, then the read ends: it
// was about the pipe.
static void closed_in_mid_call(void) {
  int ends[2], other_end;
  must(pipe2(ends, O_CLOEXEC), "pipe2");
  closed_fd = ends[0];
  other_end = must(dup(ends[1]), "dup");
  make_file(fresh("instead"));
  struct stat status;
  must(fstat(ends[0], &status), "fstat");
  snprintf(other, sizeof other, "pipe:[%lu]", (unsigned long)status.st_ino);
  gate = make_gate();
  pthread_t thread;
  must(-pthread_create(&thread, NULL, close_and_open, path), "pthread_create");
  int writer = must(fork(), "fork");
  if (writer == 0) {
    await(0, 1);
    must(write(other_end, "x", 1), "write");
    _exit(0);
  }
  open_gate(gate);
  long number = mark();
  about(number, "read", read(closed_fd, &byte, 1));
  says_object(closed_fd, "pipe", other);
  done();
  pthread_join(thread, NULL);
  used(closed_fd, path);
  finish(writer);
}

void send_descriptor(int socket, int fd) {
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {"x", 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  must(sendmsg(socket, &message, 0), "sendmsg");
}

int receive_descriptor(int socket) {
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  must(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), "recvmsg");
  int fd = -1;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head) memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return must(fd, "no descriptor came");
}

// Through a socket, and taken out of another process: a symbolic name and a pipe, which no path could tell.
static void passed(void) {
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  make_file(fresh("passed"));
  snprintf(other, sizeof other, "%s/by-link", directory);
  must(symlink(path, other), other);
  struct gate taken = make_gate();
  int sender = must(fork(), "fork");
  if (sender == 0) {
    int fd = must(open(other, O_RDWR | O_CLOEXEC), other);
    send_descriptor(ends[1], fd);
    step_to(1, fd);
    wait_at(taken);
    _exit(0);
  }
  int fd = receive_descriptor(ends[0]);
  used(fd, other);
  while (!step_value(1)) usleep(200);
  int process = must(syscall(SYS_pidfd_open, sender, 0), "pidfd_open");
  int copy = must(syscall(SYS_pidfd_getfd, process, step_value(1), 0), "pidfd_getfd");
  used(copy, other);
  used(fd, other);
  open_gate(taken);
  finish(sender);
}

static int inherited;
static void use_inherited(void) { used(inherited, other); }
static void handed_down(void) {
  make_file(fresh("inherited"));
  snprintf(other, sizeof other, "%s/inherited-by-link", directory);
  must(symlink(path, other), other);
  inherited = must(open(other, O_RDWR | O_CLOEXEC), other);
  in_child(use_inherited);
  // A descriptor table that two processes share: what one opens, the other has.
  long child = must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0), "clone");
  if (child == 0) {
    inherited = must(open(other, O_RDWR | O_CLOEXEC), other);
    step_to(0, inherited);
    _exit(0);
  }
  finish(child);
  used(step_value(0), other);
}

static void *use_in_thread(void *name) {
  used(inherited, name);
  return NULL;
}
static void used_by_threads(void) {
  for (int turn = 0; turn < 4; turn++) {
    snprintf(path, sizeof path, "%s/in-thread-%d", directory, turn);
    make_file(path);
    inherited = must(open(path, O_RDWR | O_CLOEXEC), path);
    pthread_t thread;
    must(-pthread_create(&thread, NULL, use_in_thread, path), "pthread_create");
    pthread_join(thread, NULL);
    close(inherited);
  }
}

// More descriptors than any cache has places, in an order that the seed gives.
static void many(void) {
  enum { COUNT = 64 };
  int fds[COUNT];
  for (int index = 0; index < COUNT; index++) {
    snprintf(path, sizeof path, "%s/many-%d", directory, index);
    make_file(path);
    fds[index] = must(open(path, O_RDWR | O_CLOEXEC), path);
  }
  for (int turn = 0; turn < COUNT; turn++) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    int index = seed >> 33 & (COUNT - 1);
    snprintf(path, sizeof path, "%s/many-%d", directory, index);
    used(fds[index], path);
    if (turn % 3 == 0) {
      // Closed and opened again: the number is the same, the file another.
      close(fds[index]);
      must(unlink(path), path);
      make_file(path);
      fds[index] = must(open(path, O_RDWR | O_CLOEXEC), path);
      used(fds[index], path);
    }
  }
}

static void between_descriptors(void) {
  int from = fresh_file("from");
  char *name = strdup(path);
  int to = fresh_file("to");
  long number = mark();
  about(number, "sendfile", sendfile(to, from, NULL, 4));
  says("fd.name", "%s", path);
  done();
  number = mark();
  about(number, "copy_file_range", copy_file_range(from, NULL, to, NULL, 2, 0));
  says("fd.name", "%s", name);
  may_also_say("fd.name", "%s", path);
  done();
  number = mark();
  void *area = mmap(NULL, 4096, PROT_READ, MAP_SHARED, from, 0);
  about(number, "mmap", (long)area);
  says("fd.name", "%s", name);
  done();
  struct iovec parts[2] = {{&byte, 1}, {other, 1}};
  number = mark();
  about(number, "preadv", preadv(from, parts, 2, 0));
  says("fd.name", "%s", name);
  done();
  number = mark();
  about(number, "close_range", syscall(SYS_close_range, from, from, 0));
  done();
  free(name);
}

const struct test_case object_cases[] = {
    {"kinds of objects", kinds},
    {"pipes", pipes},
    {"copies of descriptors", copies},
    {"closed in mid-call", closed_in_mid_call},
    {"passed descriptors", passed},
    {"handed down", handed_down},
    {"used by threads", used_by_threads},
    {"many descriptors", many},
    {"between descriptors", between_descriptors},
    {0},
};
