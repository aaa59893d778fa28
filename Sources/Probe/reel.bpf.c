// The kernel program: one event for each system call, sent when it returns, and one for each task that ends.
//
// What is copied for a call is data (reel_operation), filled in by user space from the event schema. Branches on
// `settings` cost nothing: its values are constants to the verifier, which removes what cannot happen.
#include "bpf/maps.h"
#include "bpf/ring.h"
#include "bpf/task.h"
#include "bpf/path.h"
#include "bpf/identity.h"
#include "bpf/object.h"
#include "bpf/capture.h"
#include "bpf/registers.h"

// Run by the recorder itself: the number of its process outside of all pid namespaces, which it cannot see from inside.
SEC("syscall")
int name_recorder(void *context) { return bpf_get_current_task_btf()->tgid; }

char license_text[] SEC("license") = "Dual BSD/GPL";

static __always_inline struct reel_operation *operation_of(__u32 number, bool compat) {
  __u32 index = compat || number >= REEL_OPERATION_UNKNOWN ? REEL_OPERATION_UNKNOWN : number;
  return bpf_map_lookup_elem(&operations, &index);
}

// Starts the event record of the current task; what follows its head is up to the caller.
static __always_inline struct reel_event *begin_event(struct reel_ring *ring, struct task_struct *task, __u64 now,
                                                      __u64 version, __u16 type, __u32 argument_count) {
  struct reel_event *event = (void *)record_at(ring, 0);
  event->record.kind = REEL_RECORD_EVENT;
  event->record.flags = 0;
  event->record.time = now;
  event->start = 0;
  event->result = 0;
  event->thread = version;
  event->object = 0;
  event->tid = task->pid;
  event->type = type;
  event->argument_count = argument_count;
  event->capture_count = 0;
  return event;
}

// Sends the event of a call that will not return.
static __always_inline void send_ending(struct pt_regs *registers, struct task_struct *task, struct task_slot *slot,
                                        struct reel_operation *operation) {
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return;
  __u64 now = bpf_ktime_get_boot_ns();
  __u64 version = thread_version(task, slot, now);
  if (ring_has_room(ring, sizeof(struct reel_event) + 64, true)) {
    __u32 count = operation->argument_count & 1;
    struct reel_event *event = begin_event(ring, task, now, version, operation->type, count);
    __u64 arguments[8];
    load_arguments(registers, arguments);
    *(__u64 *)(event + 1) = arguments[0];
    __u64 length = sizeof *event + (__u64)count * 8;
    event->record.length = length;
    ring_publish(ring, length);
    ring_call(ring);
  } else {
    count_loss(ring, REEL_LOSS_RING_FULL);
  }
  ring_leave(ring);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_system_call_enter, struct pt_regs *registers, long number) {
  if (settings.stage == REEL_STAGE_EMPTY) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (is_recorder(task)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) return 0;
  if (settings.stage >= REEL_STAGE_OBJECT) {
    struct reel_operation *operation = operation_of(number, is_compat(task));
    if (!operation) return 0;
    slot->enter_object = 0;
    if (operation->flags & REEL_OPERATION_ENDS_TASK && settings.stage >= REEL_STAGE_RECORD) {
      send_ending(registers, task, slot, operation);
      return 0;
    }
    if (operation->flags & REEL_OPERATION_OBJECT_AT_ENTRY) {
      __u64 arguments[8];
      load_arguments(registers, arguments);
      arguments[6] = arguments[7] = 0;
      slot->enter_object = object_of(task, slot, (__u32)arguments[operation->object & 7], 0, 0, 0, 0);
    }
  }
  slot->enter_number = number;
  // In a tight loop the return of the call before is a close bound of the start, and saves a clock reading.
  slot->enter_time = settings.latency == REEL_LATENCY_ADAPTIVE && slot->quick_calls >= REEL_TIGHT_LOOP_CALLS
                         ? 0
                         : bpf_ktime_get_boot_ns();
  return 0;
}

// Sends the event of a call that returned.
static __always_inline void send_call(struct pt_regs *registers, long result, struct task_struct *task,
                                      struct reel_ring *ring) {
  struct task_slot *slot = task_slot_of(task);
  if (!slot) {
    count_loss(ring, REEL_LOSS_NO_TASK);
    return;
  }
  __u64 now = bpf_ktime_get_boot_ns();
  __u32 number = call_number(registers);
  __u64 start = 0, object = 0;
  __u32 flags = 0;
  bool entered = false;
  if (settings.latency != REEL_LATENCY_NONE) {
    // rt_sigreturn has lost its number by now.
    if (number == ~0u) number = slot->enter_number;
    if (slot->enter_number == number) {
      entered = true;
      start = slot->enter_time;
      object = slot->enter_object;
      slot->enter_number = ~0u;
      if (settings.latency == REEL_LATENCY_ADAPTIVE) {
        if (!start) {
          start = slot->exit_time;
          flags |= REEL_EVENT_LATENCY_BOUND;
        }
        slot->quick_calls = now - slot->exit_time < REEL_TIGHT_LOOP_NS ? slot->quick_calls + 1 : 0;
        slot->exit_time = now;
      }
    }
  }
  if (settings.stage < REEL_STAGE_THREAD) return;
  bool compat = is_compat(task);
  struct reel_operation *operation = operation_of(number, compat);
  if (!operation || !(operation->flags & REEL_OPERATION_ENABLED)) return;

  // What was looked up at the entry may be of a generation that is over.
  bool stale = slot->generation != (__u32)current_generation();
  __u64 version = thread_version(task, slot, now);
  if (settings.stage < REEL_STAGE_OBJECT) return;

  __u64 arguments[8];
  load_arguments(registers, arguments);
  arguments[6] = arguments[7] = 0;
  if (operation->object == REEL_OBJECT_RESULT) {
    if (result >= 0) {
      __u64 request = 0;
      long directory = -100;
      if (operation->flags & REEL_OPERATION_OPENS) {
        if (operation->directory != REEL_NO_ARGUMENT) directory = (__s32)arguments[operation->directory & 7];
        request = take_request(arguments[operation->path & 7], directory);
      }
      object = object_of(task, slot, (__u32)result, now, ring, request, directory);
    }
  } else if (operation->object != REEL_NO_ARGUMENT) {
    if (!entered || stale || (operation->flags & REEL_OPERATION_OBJECT_AT_EXIT)) {
      __u64 found = object_of(task, slot, (__u32)arguments[operation->object & 7], now, ring, 0, 0);
      // A closed descriptor is found no more: what it was at the entry stands.
      if (found || !entered) object = found;
    }
  }
  __u64 directory = 0;
  if (operation->flags & REEL_OPERATION_WITH_DIRECTORY && (__s32)arguments[operation->directory & 7] >= 0)
    directory = object_of(task, slot, (__u32)arguments[operation->directory & 7], now, ring, 0, 0);
  if (settings.stage < REEL_STAGE_RECORD) return;

  if (!ring_has_room(ring, operation->room, false)) {
    count_loss(ring, REEL_LOSS_RING_FULL);
    return;
  }
  if (compat) flags |= REEL_EVENT_COMPAT;
  if (!entered && result == 0 && settings.latency != REEL_LATENCY_NONE) flags |= REEL_EVENT_CHILD_RETURN;
  __u32 count = operation->argument_count;
  struct reel_event *event = begin_event(ring, task, now, version, operation->type, count);
  event->start = start;
  event->result = result;
  event->object = object;
  __u64 *stored = (__u64 *)(event + 1);
  // The room behind the ring lets all six be stored always: cheaper than a branch for each.
  stored[0] = arguments[0];
  stored[1] = arguments[1];
  stored[2] = arguments[2];
  stored[3] = arguments[3];
  stored[4] = arguments[4];
  stored[5] = arguments[5];
  if (operation->flags & (REEL_OPERATION_WITH_NUMBER | REEL_OPERATION_WITH_DIRECTORY)) {
    stored[count & 7] = operation->flags & REEL_OPERATION_WITH_NUMBER ? number : directory;
    count++;
  }
  event->argument_count = count;
  __u64 offset = (sizeof *event + (__u64)(count & 7) * 8) & REEL_RECORD_MASK;
  __u32 captured = 0;

  if (settings.stage >= REEL_STAGE_ALL) {
    for (int index = 0; index < REEL_CAPTURES; index++) {
      struct reel_capture_plan *plan = &operation->captures[index];
      __u32 kind = plan->kind;
      if (kind == 0) break;
      if (plan->on_success && result < 0) continue;
      __u64 pointer = arguments[plan->pointer & 7];
      long end;
      __u64 body = (offset + sizeof(struct reel_capture)) & REEL_RECORD_MASK;
      if (kind == REEL_CAPTURE_PAYLOAD) {
        if (settings.snap_length == 0 || result <= 0 || object & REEL_OBJECT_WITHOUT_PAYLOAD) continue;
        __u64 length = smaller(result, settings.snap_length) & 0xFFFF;
        end = bpf_probe_read_user(record_at(ring, body), length, (const void *)pointer);
        if (end == 0)
          end = CAPTURED(body + length, (__u64)result > settings.snap_length ? REEL_CAPTURE_TRUNCATED : 0);
      } else {
        __u64 extent = plan->length == REEL_NO_ARGUMENT ? plan->size : arguments[plan->length & 7];
        if (kind == REEL_CAPTURE_STRUCTURE_ARRAY) extent = smaller(extent, 1024) * (plan->size & 0xFFFF);
        if (!pointer) continue;
        end = put_capture(kind, pointer, extent, result, body);
      }
      if (end < 0) {
        flags |= REEL_EVENT_UNREADABLE;
        continue;
      }
      __u64 limit = (__u32)end & REEL_RECORD_MASK;
      struct reel_capture *head = (void *)record_at(ring, offset);
      head->length = limit - body;
      head->index = index;
      head->flags = (__u64)end >> 32;
      if (head->flags & REEL_CAPTURE_TRUNCATED)
        flags |= kind == REEL_CAPTURE_STRING || kind == REEL_CAPTURE_STRING_ARRAY ? REEL_EVENT_TRUNCATED
                                                                                 : REEL_EVENT_PAYLOAD_TRUNCATED;
      offset = ROUND8(limit) & REEL_RECORD_MASK;
      captured++;
    }
  }
  event = (void *)record_at(ring, 0);
  event->record.flags = flags;
  event->capture_count = captured;
  event->record.length = offset;
  ring_publish(ring, offset);
  ring_call(ring);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_system_call_exit, struct pt_regs *registers, long result) {
  if (settings.stage == REEL_STAGE_EMPTY) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  send_call(registers, result, task, ring);
  ring_leave(ring);
  return 0;
}

// The new program is in place, the call has not returned yet. What `execve` was given is in the kernel's hands only here.
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_execute, struct task_struct *task, int old_tid, struct linux_binprm *program) {
  if (is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (slot) {
    if (old_tid != task->pid) {
      // Another thread than the leader executed something and goes on under the leader's id: so does its call.
      __u32 index = old_tid & settings.task_mask;
      struct task_slot *old = bpf_map_lookup_elem(&tasks, &index);
      if (old && old->tid == old_tid) {
        slot->enter_time = old->enter_time;
        slot->enter_number = old->enter_number;
        slot->enter_object = 0;
        old->tid = 0;
      }
      slot->start_time = task->start_boottime;
    }
    __u64 image = define_image(bpf_ktime_get_boot_ns(), (__u64)BPF_CORE_READ(program, filename));
    if (image) {
      slot->image = image;
      slot->seen.exec_id = task->self_exec_id;
      slot->generation = (__u32)current_generation();
      // The thread is defined anew when the call returns.
      slot->version = 0;
    }
  }
  ring_leave(ring);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_task_exit, struct task_struct *task) {
  if (is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  __u64 now = bpf_ktime_get_boot_ns();
  struct task_slot *slot = task_slot_of(task);
  if (!slot) {
    count_loss(ring, REEL_LOSS_NO_TASK);
  } else {
    // Much of what an identity is compared by is gone by now: the last one counts, unless its generation is over.
    bool known = slot->version && slot->generation == (__u32)current_generation();
    __u64 version = known ? slot->version : thread_version(task, slot, now);
    if (!ring_has_room(ring, sizeof(struct reel_event) + 64, true)) {
      count_loss(ring, REEL_LOSS_RING_FULL);
    } else {
      struct reel_event *event = begin_event(ring, task, now, version, settings.exit_type, 2);
      __u64 *stored = (__u64 *)(event + 1);
      stored[0] = task->exit_code;
      // Whether it is the last thread of its process.
      stored[1] = task->signal->live.counter == 0;
      event->record.length = sizeof *event + 16;
      ring_publish(ring, sizeof *event + 16);
      ring_call(ring);
    }
    slot->tid = 0;
  }
  ring_leave(ring);
  return 0;
}
