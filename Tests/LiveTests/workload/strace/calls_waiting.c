// Time, timers, locks and schedulers.
#include "calls.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static void clocks(void) {
  struct timespec moment = {0, 1000}, rest;
  CALL(nanosleep, &moment, &rest);
  CALL(nanosleep, &(struct timespec){0, 2000000000}, NULL);
  CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
  CALL(clock_nanosleep, 99, 0, &moment, NULL);
  CALL(clock_gettime, CLOCK_BOOTTIME, &rest);
  CALL(clock_gettime, 99, &rest);
  CALL(clock_getres, CLOCK_REALTIME, &rest);
  CALL(clock_settime, CLOCK_MONOTONIC, &moment);
  CALL(gettimeofday, &moment, NULL);
  CALL(time, NULL);
  CALL(settimeofday, NOWHERE, NULL);
  struct timex adjustment = {.modes = 0};
  CALL(adjtimex, &adjustment);
  adjustment.modes = 0;
  CALL(clock_adjtime, CLOCK_REALTIME, &adjustment);
  struct itimerval value = {{1, 2}, {3, 4}};
  CALL(setitimer, ITIMER_VIRTUAL, &value, NULL);
  CALL(getitimer, ITIMER_VIRTUAL, &value);
  CALL(setitimer, 77, &value, NULL);
  CALL(alarm, 100);
  CALL(alarm, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  int timer = 0;
  CALL(timer_create, CLOCK_REALTIME, &event, &timer);
  struct itimerspec when = {{1, 5}, {20, 7}};
  CALL(timer_settime, timer, 0, &when, NULL);
  CALL(timer_gettime, timer, &when);
  CALL(timer_getoverrun, timer);
  CALL(timer_delete, timer);
  CALL(timer_delete, 777);
  char bytes[256];
  CALL(times, bytes);
}

static void locks(void) {
  unsigned word = 5;
  struct timespec soon = {0, 1000};
  CALL(futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  CALL(futex, &word, FUTEX_WAIT, 4, NULL, NULL, 0);
  CALL(futex, &word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, &soon, NULL, 0);
  CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 5, &soon, NULL, -1);
  CALL(futex, &word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word, 5);
  CALL(futex, &word, FUTEX_WAKE_OP, 1, (void *)1, &word, 0);
  CALL(futex, NOWHERE, FUTEX_WAKE, 1, NULL, NULL, 0);
  CALL(futex, &word, 99, 1, NULL, NULL, 0);
  void *head;
  size_t length;
  CALL(get_robust_list, 0, &head, &length);
  CALL(futex_waitv, NOWHERE, 1, 0, NULL, CLOCK_MONOTONIC);
  CALL(membarrier, 0, 0, 0);
  CALL(membarrier, 77, 0, 0);
}

static void schedulers(void) {
  struct sched_param parameter = {0};
  cpu_set_t set;
  CALL(sched_yield);
  CALL(sched_getscheduler, 0);
  CALL(sched_setscheduler, 0, SCHED_BATCH, &parameter);
  CALL(sched_setscheduler, 0, 99, &parameter);
  CALL(sched_getparam, 0, &parameter);
  CALL(sched_setparam, 0, &parameter);
  CALL(sched_get_priority_max, SCHED_FIFO);
  CALL(sched_get_priority_min, SCHED_RR);
  struct timespec interval;
  CALL(sched_rr_get_interval, 0, &interval);
  CALL(sched_getaffinity, 0, sizeof set, &set);
  CALL(sched_setaffinity, 0, sizeof set, &set);
  CALL(sched_getaffinity, 999999, sizeof set, &set);
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {.size = 48, .policy = SCHED_OTHER, .nice = 5};
  CALL(sched_setattr, 0, &attributes, 0);
  CALL(sched_getattr, 0, &attributes, sizeof attributes, 0);
  CALL(getpriority, PRIO_PROCESS, 0);
  CALL(setpriority, PRIO_PROCESS, 0, 7);
  CALL(setpriority, 77, 0, 7);
  CALL(ioprio_get, 1, 0);
  CALL(ioprio_set, 1, 0, 2 << 13 | 4);
  unsigned cpu, node;
  CALL(getcpu, &cpu, &node, NULL);
}

void waiting(void) {
  clocks();
  locks();
  schedulers();
}
