// Events of the current task that are no system calls: signals, page faults, switches to another task.
//
// Each program writes a word for each number of its event type, in the order of the table.
#ifndef REEL_HOOKS_H
#define REEL_HOOKS_H

#include "life.h"
#include "memory.h"

#define TASK_IS_EXITING 4

// Begins the event of a hook; 0 when it is left out, or counted as lost. With an event the ring is entered, and
// finish_event must follow.
static __always_inline struct reel_event *begin_hook_event(struct task_struct *task, __u64 now, __u16 type, __u32 words) {
  if (!is_selected(task) || is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) {
    count_loss(ring, REEL_LOSS_NO_TASK);
    ring_leave(ring);
    return 0;
  }
  // Of a task that ends much is gone already: what was known last counts.
  bool known = task->flags & TASK_IS_EXITING && slot->version && is_remembered(slot->generation);
  __u64 version = known ? slot->version : thread_version(task, slot, now);
  if (!ring_has_room(ring, sizeof(struct reel_event) + words * 8, false)) {
    count_loss(ring, REEL_LOSS_RING_FULL);
    ring_leave(ring);
    return 0;
  }
  return begin_event(ring, task->pid, now, version, type, words);
}

static __always_inline void finish_hook_event(struct reel_event *event, __u32 words) {
  event->record.length = sizeof *event + words * 8;
  __u32 type = event->type;
  struct reel_ring *ring = own_ring();
  if (!ring) return;
  ring_publish(ring, sizeof *event + words * 8);
  ring_call(ring, type);
  ring_leave(ring);
}

#define SIGNAL_WORDS 7
#define SIGNAL_CHILD 17

// Who sent a signal stands in it when a process did (a code of 0 or less, but not of timers, message queues and finished
// input and output), and when a child says what became of it.
static __always_inline bool has_sender(int signal, int code) {
  return code == 0 || code == -1 || code == -6 || (code > 0 && code < 0x80 && signal == SIGNAL_CHILD);
}

// Signals that come from an instruction say at which address.
static __always_inline bool has_address(int signal, int code) {
  return code > 0 && code < 0x80 && (signal == 4 || signal == 5 || signal == 7 || signal == 8 || signal == 11);
}

// A signal is about to be handled, or to end the task; those that are ignored do not come so far.
SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int signal, struct kernel_siginfo *info, struct k_sigaction *action) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct reel_event *event = begin_hook_event(task, time_since_boot(), settings.signal_type, SIGNAL_WORDS);
  if (!event) return 0;
  int code = READ(info, si_code);
  __u64 *words = (__u64 *)(event + 1);
  words[0] = has_sender(signal, code) ? (__u32)READ(info, _sifields._kill._pid) : REEL_VALUE_MISSING;
  words[1] = task->pid;
  words[2] = signal;
  words[3] = (__s64)code;
  words[4] = has_address(signal, code) ? (__u64)READ(info, _sifields._sigfault._addr) : REEL_VALUE_MISSING;
  words[5] = (__u64)READ(action, sa.sa_handler);
  words[6] = READ(action, sa.sa_flags);
  finish_hook_event(event, SIGNAL_WORDS);
  return 0;
}

#if defined(__TARGET_ARCH_x86)

#define PAGE_FAULT_WORDS 3

// The processor's bits of a page fault.
enum { FAULT_PROTECTION = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_RESERVED = 8, FAULT_INSTRUCTION = 16 };

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_page_fault, unsigned long address, struct pt_regs *registers, unsigned long error) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct reel_event *event = begin_hook_event(task, time_since_boot(), settings.page_fault_type, PAGE_FAULT_WORDS);
  if (!event) return 0;
  __u64 *words = (__u64 *)(event + 1);
  words[0] = address;
  words[1] = READ(registers, ip);
  words[2] = (error & FAULT_PROTECTION ? 1 : 2) | (error & FAULT_WRITE ? 4 : 8) | (error & FAULT_USER ? 16 : 32) |
             (error & FAULT_RESERVED ? 64 : 0) | (error & FAULT_INSTRUCTION ? 128 : 0);
  finish_hook_event(event, PAGE_FAULT_WORDS);
  return 0;
}

#endif

#define SWITCH_WORDS 10
#define TASK_IS_DEAD 0x80

// The CPU goes from one task to another: the event is that of the task which leaves it.
SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct *previous, struct task_struct *next, unsigned int state) {
  __u64 now = time_since_boot();
  struct task_slot *other = known_slot(next->pid, next->start_boottime);
  if (other) {
    other->waited = other->left_cpu_at ? now - other->left_cpu_at : 0;
    other->got_cpu_at = now;
  }
  // The idle task is nobody, and one whose end was told has no events any more.
  if (previous->pid == 0 || state & TASK_IS_DEAD) return 0;
  __u64 waited = REEL_VALUE_MISSING, ran = REEL_VALUE_MISSING;
  struct task_slot *own = known_slot(previous->pid, previous->start_boottime);
  if (!own && previous->flags & TASK_IS_EXITING) return 0;
  if (own) {
    if (own->waited) waited = own->waited;
    if (own->got_cpu_at) ran = now - own->got_cpu_at;
    own->left_cpu_at = now;
  }
  struct reel_event *event = begin_hook_event(previous, now, settings.switch_type, SWITCH_WORDS);
  if (!event) return 0;
  __u64 *words = (__u64 *)(event + 1);
  words[0] = next->pid;
  words[1] = previous->maj_flt;
  words[2] = previous->min_flt;
  struct mm_struct *mm = READ(previous, mm);
  words[3] = mm ? virtual_kib(mm) : 0;
  words[4] = mm ? resident_kib(mm) : 0;
  words[5] = mm ? swapped_kib(mm) : 0;
  words[6] = state;
  words[7] = preempted;
  words[8] = waited;
  words[9] = ran;
  finish_hook_event(event, SWITCH_WORDS);
  return 0;
}

#endif
