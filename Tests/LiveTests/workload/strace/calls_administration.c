// The machine itself: programs in the kernel, modules, counters. What would change it is asked for so that it fails.
#include "calls.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/capability.h>

static void programs(void) {
  union bpf_attr attributes = {0};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 8;
  attributes.max_entries = 1;
  memcpy(attributes.map_name, "reel_calls", 10);
  long map = CALL(bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  uint32_t key = 0;
  uint64_t value = 7;
  union bpf_attr element = {0};
  element.map_fd = map;
  element.key = (uintptr_t)&key;
  element.value = (uintptr_t)&value;
  CALL(bpf, BPF_MAP_UPDATE_ELEM, &element, sizeof element);
  CALL(bpf, BPF_MAP_LOOKUP_ELEM, &element, sizeof element);
  struct bpf_insn code[] = {{.code = 0xb7, .imm = 0}, {.code = 0x95}};
  union bpf_attr program = {0};
  program.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  program.insn_cnt = 2;
  program.insns = (uintptr_t)code;
  program.license = (uintptr_t) "GPL";
  memcpy(program.prog_name, "reel_program", 12);
  long loaded = CALL(bpf, BPF_PROG_LOAD, &program, sizeof program);
  CALL(close, loaded);
  program.insns = 0;
  CALL(bpf, BPF_PROG_LOAD, &program, sizeof program);
  CALL(bpf, 999, &program, sizeof program);
  CALL(bpf, BPF_MAP_CREATE, NOWHERE, sizeof program);
  CALL(close, map);
}

static void counters(void) {
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK};
  long counter = CALL(perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  CALL(perf_event_open, NOWHERE, 0, -1, -1, 0);
  event.type = 99;
  CALL(perf_event_open, &event, -1, 0, -1, 0);
  CALL(close, counter);
  CALL(userfaultfd, O_CLOEXEC | 1);
  char bytes[64];
  CALL(syslog, 10, NULL, 0);
  CALL(syslog, 99, bytes, 64);
  CALL(sysfs, 3, 0, 0);
  CALL(modify_ldt, 0, bytes, 64);
}

static void powerless(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0}};
  CALL(capset, &head, none);
  CALL(init_module, "not a module", 12, "a=1");
  CALL(finit_module, 999, "b=2", 1);
  CALL(delete_module, "reel_none", O_NONBLOCK);
  CALL(kexec_load, 0, 0, NULL, 0);
  CALL(kexec_file_load, 999, 998, 5, "quiet", 1);
  CALL(reboot, 0xfee1dead, 672274793, 0x01234567, NULL);
  CALL(swapon, ABSENT, 0x8001);
  CALL(swapoff, ABSENT);
  CALL(acct, ABSENT);
  CALL(iopl, 3);
  CALL(ioperm, 0, 8, 1);
  CALL(quotactl, 0x80000700, ABSENT, 0, NULL);
  CALL(quotactl_fd, 999, 0x80000700, 0, NULL);
  CALL(vhangup);
  CALL(settimeofday, &(long[2]){1, 2}, NULL);
  CALL(clock_settime, 0, &(long[2]){1, 2});
  CALL(sethostname, "denied", 6);
  CALL(mount, "a", "/mnt", "b", 1, "c");
  CALL(bpf, 0, NULL, 0);
  CALL(setuid, 12);
  CALL(chroot, "/");
}

void administration(void) {
  programs();
  counters();
  in_child(powerless);
}
