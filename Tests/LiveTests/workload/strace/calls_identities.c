// Who a task is and what it may do.
#include "calls.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>

static void asking(void) {
  uint32_t ids[3], groups[64];
  CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getpid), CALL(gettid), CALL(getppid), CALL(getpgrp);
  CALL(getresuid, ids, ids + 1, ids + 2);
  CALL(getresgid, ids, ids + 1, ids + 2);
  CALL(getresuid, NOWHERE, ids, ids);
  CALL(getgroups, 64, groups);
  CALL(getgroups, 0, NULL);
  CALL(getpgid, 0);
  CALL(getsid, 0);
  CALL(getpgid, 999999);
  CALL(personality, 0xffffffff);
  CALL(personality, ADDR_NO_RANDOMIZE);
  char random[32];
  CALL(getrandom, random, 32, 1);
  CALL(getrandom, random, 32, 0x99);
}

static void controlling(void) {
  char name[16];
  unsigned long base;
  CALL(prctl, PR_SET_NAME, "renamed", 0, 0, 0);
  CALL(prctl, PR_GET_NAME, name, 0, 0, 0);
  CALL(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
  CALL(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
  CALL(prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  CALL(prctl, PR_CAPBSET_READ, 21, 0, 0, 0);
  CALL(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
  CALL(prctl, PR_SET_SECUREBITS, 1, 0, 0, 0);
  CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 5, 0, 0);
  CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  CALL(prctl, 999, 1, 2, 3, 4);
  CALL(prctl, PR_SET_NAME, NOWHERE, 0, 0, 0);
  CALL(arch_prctl, 0x1003, &base);
  CALL(arch_prctl, 0x9999, 0);
}

static void keys(void) {
  long ring = CALL(keyctl, KEYCTL_JOIN_SESSION_KEYRING, "reel");
  long key = CALL(add_key, "user", "reel:calls", "secret", 6, KEY_SPEC_SESSION_KEYRING);
  CALL(add_key, "none", "x", NULL, 0, KEY_SPEC_SESSION_KEYRING);
  CALL(request_key, "user", "reel:none", NULL, KEY_SPEC_SESSION_KEYRING);
  char bytes[100];
  CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  CALL(keyctl, KEYCTL_DESCRIBE, key, bytes, sizeof bytes);
  CALL(keyctl, KEYCTL_READ, key, bytes, sizeof bytes);
  CALL(keyctl, KEYCTL_SETPERM, key, 0x3f3f0000);
  CALL(keyctl, KEYCTL_UNLINK, key, ring);
  CALL(keyctl, KEYCTL_REVOKE, 77);
  CALL(keyctl, 999, 1, 2, 3, 4);
}

static void filtering(void) {
  struct sock_filter allow[] = {{0x06, 0, 0, SECCOMP_RET_ALLOW}};
  struct sock_fprog program = {1, allow};
  uint32_t action = SECCOMP_RET_ERRNO;
  CALL(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
  CALL(seccomp, 99, 0, NULL);
  CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  CALL(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
  struct landlock_ruleset_attr rules = {.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE};
  CALL(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  long set = CALL(landlock_create_ruleset, &rules, sizeof rules, 0);
  struct landlock_path_beneath_attr beneath = {LANDLOCK_ACCESS_FS_EXECUTE, (int)CALL(open, "/bin", O_PATH)};
  CALL(landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  CALL(landlock_restrict_self, set, 0);
  CALL(landlock_restrict_self, 999, 0);
  // Denied by a filter: the call is not begun.
  struct sock_filter deny[] = {{0x20, 0, 0, 0}, {0x15, 0, 1, SYS_getpgid}, {0x06, 0, 0, SECCOMP_RET_ERRNO | 77},
                               {0x06, 0, 0, SECCOMP_RET_ALLOW}};
  struct sock_fprog denial = {4, deny};
  CALL(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &denial, 0, 0);
  CALL(getpgid, 0);
}

static void becoming(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  CALL(capget, &head, data);
  CALL(capget, &head, NULL);
  data[0].inheritable = 1 << CAP_NET_ADMIN;
  CALL(capset, &head, data);
  head.version = 1;
  CALL(capset, &head, data);
  CALL(setpgid, 0, 0);
  CALL(setsid);
  CALL(setpgid, 999999, 1);
  gid_t groups[3] = {5, 6, 7};
  CALL(setgroups, 3, groups);
  CALL(setgroups, 999999, groups);
  CALL(setresgid, 100, 200, 0);
  CALL(setregid, -1, 200);
  CALL(setfsgid, 300);
  CALL(setgid, 400);
  CALL(setresuid, 100, 200, 0);
  CALL(setfsuid, 0);
  CALL(setreuid, -1, 100);
  CALL(setuid, 0);
  CALL(setresuid, 65534, 65534, 65534);
  CALL(setuid, 0);
  CALL(setresuid, 1, -1, 2);
  CALL(setgid, 9);
  CALL(open, "/etc/shadow", O_RDONLY);
  CALL(kill, 1, 9);
}

void identities(void) {
  asking();
  controlling();
  in_child(keys);
  in_child(filtering);
  in_child(becoming);
}
