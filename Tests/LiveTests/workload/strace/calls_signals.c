// Signals, sent and handled.
#include "calls.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void noted(int number) { (void)number; }

static void handling(void) {
  struct sigaction action = {.sa_handler = noted, .sa_flags = SA_RESTART};
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, NULL);
  action.sa_flags = SA_NODEFER;
  sigaction(SIGALRM, &action, NULL);
  CALL(rt_sigaction, SIGKILL, &action, NULL, 8);
  CALL(rt_sigaction, SIGUSR1, NULL, &action, 8);
  uint64_t set = 1 << (SIGUSR2 - 1) | 1ull << 40, before;
  CALL(rt_sigprocmask, SIG_BLOCK, &set, &before, 8);
  CALL(rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
  CALL(rt_sigprocmask, 99, &set, NULL, 8);
  CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 4);
  CALL(kill, getpid(), SIGUSR1);
  CALL(kill, getpid(), 0);
  CALL(kill, 999999, SIGTERM);
  CALL(kill, getpid(), 99);
  CALL(tkill, gettid(), SIGUSR1);
  CALL(tgkill, getpid(), gettid(), SIGUSR1);
  CALL(tgkill, getpid(), 999999, SIGUSR1);
  CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
  CALL(kill, getpid(), SIGUSR2);
  CALL(rt_sigpending, &before, 8);
  siginfo_t info = {.si_signo = SIGUSR2, .si_code = SI_QUEUE};
  struct timespec soon = {0, 1000000};
  CALL(rt_sigtimedwait, &set, &info, &soon, 8);
  CALL(rt_sigtimedwait, &set, NULL, &soon, 8);
  info.si_code = SI_QUEUE;
  CALL(rt_sigqueueinfo, getpid(), SIGUSR1, &info);
  CALL(rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, &info);
  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  CALL(sigaltstack, &stack, NULL);
  CALL(sigaltstack, NULL, &stack);
  ualarm(20000, 0);
  CALL(pause);
  ualarm(20000, 0);
  uint64_t none = 0;
  CALL(rt_sigsuspend, &none, 8);
  ualarm(20000, 0);
  CALL(nanosleep, &(struct timespec){1, 0}, NULL);
  ualarm(20000, 0);
  CALL(poll, NULL, 0, 1000);
  long descriptor = CALL(pidfd_open, getpid(), 0);
  CALL(pidfd_open, 999999, 0);
  CALL(pidfd_send_signal, descriptor, SIGUSR1, NULL, 0);
  CALL(pidfd_send_signal, 999, SIGUSR1, NULL, 0);
  CALL(pidfd_getfd, descriptor, 1, 0);
  CALL(pidfd_getfd, descriptor, 999, 0);
  CALL(process_mrelease, descriptor, 0);
  CALL(process_madvise, descriptor, NOWHERE, 1, MADV_COLD, 0);
  CALL(close, descriptor);
}

// A call that begins again when its signal has been handled.
static void restarting(void) {
  struct sigaction action = {.sa_handler = noted, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  long child = CALL(fork);
  if (child == 0) {
    CALL(nanosleep, &(struct timespec){0, 30000000}, NULL);
    _exit(0);
  }
  int ends[2];
  CALL(pipe, ends);
  long second = CALL(fork);
  if (second == 0) {
    CALL(nanosleep, &(struct timespec){0, 80000000}, NULL);
    CALL(write, ends[1], "!", 1);
    _exit(0);
  }
  char byte;
  CALL(read, ends[0], &byte, 1);
  CALL(wait4, child, NULL, 0, NULL);
  CALL(wait4, second, NULL, 0, NULL);
  // Stopped and continued: the rest of the sleep is a call of its own.
  long sleeper = CALL(fork);
  if (sleeper == 0) {
    CALL(nanosleep, &(struct timespec){0, 100000000}, NULL);
    _exit(0);
  }
  CALL(nanosleep, &(struct timespec){0, 20000000}, NULL);
  CALL(kill, sleeper, SIGSTOP);
  int status;
  CALL(wait4, sleeper, &status, WUNTRACED, NULL);
  CALL(kill, sleeper, SIGCONT);
  CALL(wait4, sleeper, &status, WCONTINUED, NULL);
  CALL(wait4, sleeper, &status, 0, NULL);
}

void signals(void) {
  handling();
  restarting();
}
