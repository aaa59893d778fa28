// Making, executing, ending: what happens to tasks outside of their system calls.
#ifndef REEL_LIFE_H
#define REEL_LIFE_H

#include "identity.h"
#include "operation.h"
#include "selection.h"

// Starts an event record; what follows its head is up to the caller.
static __always_inline struct reel_event *begin_event(struct reel_ring *ring, __u32 tid, __u64 now,
                                                      __u64 version, __u16 type, __u32 argument_count) {
  struct reel_event *event = (void *)record_at(ring, 0);
  event->record.kind = REEL_RECORD_EVENT;
  event->record.flags = 0;
  event->record.time = now;
  event->start = 0;
  event->result = 0;
  event->thread = version;
  event->object = 0;
  event->tid = tid;
  event->type = type;
  event->argument_count = argument_count;
  event->capture_count = 0;
  return event;
}

// Keeps what clone3 was given for the child's return: by then the maker may have written over it, where they share memory.
static __always_inline void keep_making(struct task_struct *parent, struct task_slot *slot) {
  struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(parent);
  if (call_number(registers) != CLONE3) return;
  __u64 *arguments = slot->arguments;
  if (is_compat(parent))
    load_compat_registers(registers, arguments);
  else
    load_arguments(registers, arguments);
  __u64 pointer = arguments[0];
  slot->knows_making = bpf_probe_read_user(&slot->made_with[0], 8, (const void *)pointer) == 0 &&
                       bpf_probe_read_user(&slot->made_with[1], 8, (const void *)(pointer + 32)) == 0;
}

// Runs in the parent, before the child runs: what the child has from it need not be told again.
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child) {
  raise_task_epoch();
  if (is_recorder(parent)) return 0;
  struct task_slot *own = task_slot_of(parent);
  struct task_slot *slot = task_slot_of(child);
  if (!own || !slot) return 0;
  // A thread has the maker of its process; a child with CLONE_PARENT is its maker's sibling.
  __u32 maker = parent->tgid;
  // The verifier wants each load to be of one kind of memory: they must not be merged into one.
  asm volatile("" : "+r"(maker));
  if (child->tgid == parent->tgid) maker = own->original_parent;
  slot->original_parent = maker;
  keep_making(parent, slot);
  if (settings.selection & REEL_SELECT_PROCESSES && is_selected(parent)) slot->is_in_tree = own->is_in_tree;
  if (own->image && own->generation == current_generation() && own->seen.exec_id == parent->self_exec_id) {
    slot->image = own->image;
    slot->generation = own->generation;
    slot->seen.exec_id = child->self_exec_id;
  }
  return 0;
}

// Another thread than the leader executed something and goes on under the leader's id: so does its call.
static __always_inline void take_over_leader(struct task_slot *slot, struct task_struct *task, __u32 old_tid) {
  __u32 index = old_tid & settings.task_mask;
  struct task_slot *old = bpf_map_lookup_elem(&tasks, &index);
  if (old && old->tid == old_tid) {
    slot->enter_time = old->enter_time;
    slot->enter_number = old->enter_number;
    slot->enter_object = 0;
    __builtin_memcpy(slot->arguments, old->arguments, sizeof slot->arguments);
    old->tid = 0;
  }
  slot->start_time = task->start_boottime;
}

// The new program is in place, the call has not returned yet. What `execve` was given is in the kernel's hands only here.
// Programs of tasks that are not selected are told as well: they are ancestors of those that are.
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_execute, struct task_struct *task, int old_tid, struct linux_binprm *program) {
  if (is_recorder(task)) return 0;
  __u32 ring_number = own_ring_number();
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (slot) {
    if (old_tid != task->pid) take_over_leader(slot, task, old_tid);
    __u64 now = time_since_boot();
    __u64 filename = as_number(&ring->scratch, READ(program, filename));
    __u64 image = define_image(ring_number, as_number(&ring->scratch, task), now, filename);
    if (image) {
      slot->image = image;
      slot->seen.exec_id = task->self_exec_id;
      slot->generation = current_generation();
    }
    // The thread is defined anew when the call returns.
    slot->version = 0;
    slot->is_executing = 1;
    if (!is_selected(task)) define_version(now);
  }
  ring_leave(ring);
  return 0;
}

// The process that the children of one that ends go to, as the kernel will choose it.
static __always_inline __u32 reaper_of(struct reel_ring *ring, struct task_struct *task) {
  struct pid *pid = READ(task, thread_pid);
  struct task_struct *init = pid ? READ(innermost(ring, pid), ns, child_reaper) : 0;
  __u32 last = init ? READ(init, tgid) : 0;
  if (!BPF_CORE_READ_BITFIELD_PROBED(task->signal, has_child_subreaper)) return last;
  struct task_struct *ancestor = READ(task, real_parent);
  for (int depth = 0; depth < 32; depth++) {
    if (!ancestor) break;
    __u32 process = READ(ancestor, tgid);
    if (process == last || process == 0) break;
    struct signal_struct *signal = READ(ancestor, signal);
    if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) && READ(signal, live.counter) > 0) return process;
    ancestor = READ(ancestor, real_parent);
  }
  return last;
}

// Says that a process which nobody asked for has ended: its children have another parent now.
static __always_inline void send_ended(struct reel_ring *ring, struct task_struct *task) {
  if (!ring_has_room(ring, sizeof(struct reel_ended), true)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return;
  }
  struct reel_ended *ended = (void *)record_at(ring, 0);
  ended->record.kind = REEL_RECORD_ENDED;
  ended->record.flags = 0;
  ended->record.time = time_since_boot();
  ended->record.length = sizeof *ended;
  ended->process_start_time = READ(task, group_leader, start_boottime);
  ended->pid = task->tgid;
  ended->reaper = reaper_of(ring, task);
  ring_publish(ring, sizeof *ended);
}

// Whoever the kernel ends because there is no memory left, by the id of one of its threads, until it has ended.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u8);
} memory_victims SEC(".maps");

// The tracepoint gives the victim's id before Linux 6.8, and its task since.
SEC("raw_tp/mark_victim")
int on_memory_victim(struct bpf_raw_tracepoint_args *arguments) {
  __u64 victim = arguments->args[0];
  __u32 id = victim;
  if (victim >> 32 && (__s64)victim < 0 && victim >> 32 != 0xFFFFFFFF)
    id = BPF_CORE_READ((struct task_struct *)victim, pid);
  __u8 one = 1;
  bpf_map_update_elem(&memory_victims, &id, &one, BPF_ANY);
  return 0;
}

#define EXIT_SIGNAL_KILL 9

// Whether a process ends with this thread that was such a victim. It may be any of its threads that was marked.
__noinline long take_memory_victim(__u32 thread, __u32 process, __u32 is_last) {
  bool is_marked = bpf_map_delete_elem(&memory_victims, &thread) == 0;
  if (!is_last) {
    __u8 one = 1;
    if (is_marked) bpf_map_update_elem(&memory_victims, &process, &one, BPF_ANY);
    return 0;
  }
  if (is_marked) return 1;
  return bpf_map_delete_elem(&memory_victims, &process) == 0;
}

static __always_inline void send_exit(struct reel_ring *ring, struct task_struct *task, struct task_slot *slot) {
  __u64 now = time_since_boot();
  // Much of what an identity is compared by is gone by now: the last one counts, unless nobody remembers it.
  bool known = slot->version && is_remembered(slot->generation);
  __u64 version = known ? slot->version : define_version(now);
  if (!ring_has_room(ring, sizeof(struct reel_event) + 64, true)) {
    count_loss(ring, REEL_LOSS_RING_FULL);
    return;
  }
  // Whether it is the last thread of its process.
  bool is_last = task->signal->live.counter == 0;
  __u32 reaper = is_last ? reaper_of(ring, task) : 0;
  bool is_killed = (task->exit_code & 0x7F) == EXIT_SIGNAL_KILL;
  bool is_victim = is_killed && take_memory_victim(task->pid, task->tgid, is_last);
  struct reel_event *event = begin_event(ring, slot->tid, now, version, settings.exit_type, 4);
  __u64 *stored = (__u64 *)(event + 1);
  stored[0] = task->exit_code;
  stored[1] = is_last;
  stored[2] = reaper;
  stored[3] = is_victim;
  event->record.length = sizeof *event + 32;
  ring_publish(ring, sizeof *event + 32);
  ring_call(ring, settings.exit_type);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_task_exit, struct task_struct *task) {
  if (is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) {
    count_loss(ring, REEL_LOSS_NO_TASK);
  } else {
    if (is_selected(task) && settings.exit_type) {
      send_exit(ring, task, slot);
    } else if (task->signal->live.counter == 0) {
      send_ended(ring, task);
    }
    slot->tid = 0;
  }
  ring_leave(ring);
  return 0;
}

#endif
