// Tasks: how they begin, wait, execute and end.
#include "calls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static void *threaded(void *nothing) {
  CALL(gettid);
  CALL(getpid);
  return nothing;
}

static void *blocked(void *nothing) {
  CALL(pause);
  return nothing;
}

static void beginning(void) {
  int status;
  struct rusage used;
  siginfo_t info;
  long child = CALL(fork);
  if (child == 0) {
    CALL(getppid);
    CALL(exit_group, 42);
  }
  CALL(waitid, P_PID, child, &info, WEXITED | WNOWAIT, NULL);
  CALL(wait4, child, &status, 0, &used);
  CALL(wait4, child, &status, WNOHANG, NULL);
  CALL(wait4, -1, NULL, __WALL, NULL);
  CALL(waitid, P_ALL, 0, &info, WEXITED | WNOHANG, NULL);
  CALL(waitid, 77, 0, NULL, 0, NULL);
  child = CALL(clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    CALL(kill, getpid(), SIGKILL);
  }
  CALL(wait4, -1, &status, 0, NULL);
  CALL(clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0);
  int descriptor = -1;
  struct clone_args arguments = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&descriptor, .exit_signal = SIGCHLD};
  child = CALL(clone3, &arguments, sizeof arguments);
  if (child == 0) CALL(exit, 7);
  CALL(waitid, P_PIDFD, descriptor, &info, WEXITED, NULL);
  CALL(close, descriptor);
  CALL(clone3, NOWHERE, sizeof arguments);
  CALL(clone3, &arguments, 3);
  child = vfork();
  if (child == 0) {
    static char *words[] = {"true", "with spaces", "", "\xff\xfe", NULL}, *environment[] = {"REEL=calls", "EMPTY=", NULL};
    CALL(execve, ABSENT, words, environment);
    CALL(execve, NOWHERE, words, environment);
    CALL(execve, "/bin/true", NOWHERE, NOWHERE);
    CALL(execve, "/bin/true", words, environment);
    _exit(1);
  }
  CALL(wait4, child, &status, 0, NULL);
  child = CALL(fork);
  if (child == 0) {
    static char *words[] = {"true", NULL};
    long file = CALL(open, "/bin/true", O_PATH);
    CALL(execveat, AT_FDCWD, ABSENT, words, NULL, AT_SYMLINK_NOFOLLOW);
    CALL(execveat, file, "", words, NULL, AT_EMPTY_PATH);
    _exit(1);
  }
  CALL(wait4, child, &status, 0, NULL);
  child = CALL(fork);
  if (child == 0) {
    // Many arguments, and a long one.
    static char *words[200], filler[30000];
    memset(filler, 'f', sizeof filler - 1);
    for (int index = 0; index < 198; index++) words[index] = "argument";
    words[198] = filler;
    CALL(execve, ABSENT, words, NULL);
    CALL(execve, "/bin/true", words, NULL);
    _exit(1);
  }
  CALL(wait4, child, &status, 0, NULL);
}

static void threads(void) {
  pthread_t thread[3];
  for (int index = 0; index < 3; index++) pthread_create(&thread[index], NULL, threaded, NULL);
  for (int index = 0; index < 3; index++) pthread_join(thread[index], NULL);
  long child = CALL(fork);
  if (child == 0) {
    // Two that wait when their process ends.
    pthread_create(&thread[0], NULL, blocked, NULL);
    pthread_create(&thread[1], NULL, blocked, NULL);
    CALL(nanosleep, &(struct timespec){0, 20000000}, NULL);
    CALL(exit_group, 3);
  }
  CALL(wait4, child, NULL, 0, NULL);
}

static void *executing(void *nothing) {
  static char *words[] = {"true", NULL};
  CALL(execve, "/bin/true", words, NULL);
  return nothing;
}

static void executed_by_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, executing, NULL);
  CALL(pause);
}

static void tracing(void) {
  CALL(ptrace, PTRACE_PEEKDATA, 999999, 0, 0);
  CALL(ptrace, PTRACE_ATTACH, 999999, 0, 0);
  CALL(ptrace, PTRACE_TRACEME, 0, 0, 0);
  CALL(ptrace, 0x4206 /* PTRACE_SEIZE */, 1, 0, 1);
  CALL(kcmp, getpid(), getpid(), 0, 1, 1);
  CALL(kcmp, getpid(), 999999, 5, 1, 1);
}

static void limits(void) {
  struct rlimit limit = {100, 200}, old;
  CALL(getrlimit, RLIMIT_NOFILE, &limit);
  CALL(setrlimit, RLIMIT_CORE, &(struct rlimit){0, 0});
  CALL(prlimit64, 0, RLIMIT_STACK, NULL, &old);
  CALL(prlimit64, 0, RLIMIT_NPROC, &(struct rlimit){5000, 6000}, &old);
  CALL(prlimit64, 999999, RLIMIT_AS, &limit, &old);
  CALL(getrlimit, 99, &limit);
  struct rusage used;
  CALL(getrusage, RUSAGE_SELF, &used);
  CALL(getrusage, 99, &used);
  char bytes[512];
  CALL(sysinfo, bytes);
  CALL(uname, bytes);
  CALL(uname, NOWHERE);
}

void processes(void) {
  beginning();
  threads();
  in_child(executed_by_thread);
  in_child(tracing);
  limits();
}
