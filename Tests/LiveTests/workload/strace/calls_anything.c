// Every number, also those that no call has, with arguments that make no sense. Nothing that anybody would notice may come
// of it: no capability, another user, names of its own.
#include "calls.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

static void woken(int number) { (void)number; }

// Ends the task, makes another, waits for ever whatever it is asked, or needs its arguments to make sense.
static int is_left_out(long number) {
  switch (number) {
    case SYS_exit:
    case SYS_exit_group:
    case SYS_rt_sigreturn:
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_clone3:
    case SYS_seccomp:
    case SYS_prctl:
    case SYS_arch_prctl:
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_rt_sigqueueinfo:
    case SYS_rt_tgsigqueueinfo:
    case SYS_rt_sigaction:
    case SYS_rt_sigprocmask:
    case SYS_sigaltstack:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_mremap:
    case SYS_close_range:
    case SYS_setitimer:
    case SYS_alarm:
    case SYS_sync:
    case SYS_personality:
    case 335:  // uretprobe and uprobe: they trap where they are not expected
    case 336:
      return 1;
    default:
      return 0;
  }
}

static void sweep(void) {
  static const unsigned long patterns[] = {0, 0x10, ~0ul, 0x7fffffff};
  struct sigaction action = {.sa_handler = woken};
  sigaction(SIGALRM, &action, NULL);
  CALL(unshare, CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET);
  CALL(setresgid, 65534, 65534, 65534);
  CALL(setresuid, 65534, 65534, 65534);
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  CALL(capset, &head, none);
  // What waits is woken, again and again.
  ualarm(200000, 50000);
  for (int pattern = 0; pattern < 4; pattern++) {
    unsigned long value = patterns[pattern];
    for (long number = 0; number < 480; number++)
      if (!is_left_out(number)) syscall(number, value, value, value, value, value, value);
  }
  syscall(1000, 1, 2, 3, 4, 5, 6);
  syscall(100000, 1, 2, 3, 4, 5, 6);
  syscall(-1, 1, 2, 3, 4, 5, 6);
}

void anything(void) { in_child(sweep); }
