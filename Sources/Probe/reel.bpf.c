// The kernel program: one event for each system call, sent when it returns, and one for each task that ends.
//
// What is copied for a call is data (reel_operation), filled in by user space from the event schema. Branches on
// `settings` cost nothing: its values are constants to the verifier, which removes what cannot happen.
#include "bpf/maps.h"
#include "bpf/operation.h"
#include "bpf/registers.h"
#include "bpf/selection.h"
#include "bpf/identity.h"
#include "bpf/object.h"
#include "bpf/capture.h"
#include "bpf/life.h"
#include "bpf/hooks.h"
#include "bpf/uring.h"
#include "bpf/snapshot.h"
#include "bpf/sample.h"

// Run by the recorder itself: the number of its process outside of all pid namespaces, which it cannot see from inside.
SEC("syscall")
int name_recorder(void *context) { return bpf_get_current_task_btf()->tgid; }

char license_text[] SEC("license") = "Dual BSD/GPL";

// Sends the event of a call that will not return.
static __always_inline void send_ending(struct pt_regs *registers, struct task_struct *task, struct task_slot *slot,
                                        struct reel_operation *operation) {
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return;
  __u64 now = time_since_boot();
  __u64 version = thread_version(task, slot, now);
  if (ring_has_room(ring, sizeof(struct reel_event) + 64, true)) {
    __u32 count = operation->argument_count & 1;
    struct reel_event *event = begin_event(ring, slot->tid, now, version, operation->type, count);
    if (is_compat(task)) event->record.flags = REEL_EVENT_COMPAT;
    take_arguments(registers, slot, operation, is_compat(task));
    *(__u64 *)(event + 1) = slot->arguments[0];
    __u64 length = sizeof *event + (__u64)count * 8;
    event->record.length = length;
    ring_publish(ring, length);
    ring_call(ring, operation->type);
  } else {
    count_loss(ring, REEL_LOSS_RING_FULL);
  }
  ring_leave(ring);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_system_call_enter, struct pt_regs *registers, long number) {
  if (settings.stage == REEL_STAGE_EMPTY) return 0;
  // Cheapest first for those who are left out.
  if (is_skipped(number)) return 0;
  if (is_known_left_out(registers)) return 0;
  __u32 task_epoch = control.task_epoch, selection_epoch = control.selection_epoch;
  struct task_struct *task = bpf_get_current_task_btf();
  if (settings.alternatives & REEL_ALTERNATIVE_TASK_ONLY && task->pid) return 0;
  if (operation_of(number, is_compat(task), registers)->flags & REEL_OPERATION_IGNORED) return 0;
  struct who who;
  read_who(task, &who);
  if (!is_selected_as(task, &who)) {
    remember_left_out(registers, task, &who, task_epoch, selection_epoch);
    return 0;
  }
  if (is_recorder(task)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) return 0;
  if (settings.stage >= REEL_STAGE_OBJECT) {
    bool compat = is_compat(task);
    struct reel_operation *operation = operation_of(number, compat, registers);
    slot->enter_object = 0;
    if (operation->flags & REEL_OPERATION_ENDS_TASK && settings.stage >= REEL_STAGE_RECORD) {
      if (operation->flags & REEL_OPERATION_ENABLED) send_ending(registers, task, slot, operation);
      return 0;
    }
    if (operation->flags & (REEL_OPERATION_OBJECT_AT_ENTRY | REEL_OPERATION_WITH_VICTIM | REEL_OPERATION_EXECUTES) &&
        operation->flags & REEL_OPERATION_ENABLED) {
      __u64 *arguments = slot->arguments;
      take_arguments(registers, slot, operation, compat);
      slot->enter_generation = current_generation();
      if (operation->flags & REEL_OPERATION_OBJECT_AT_ENTRY)
        slot->enter_object = object_of(task, slot, (__u32)arguments[operation->object & 7], 0, 0, 0);
      if (operation->flags & REEL_OPERATION_WITH_VICTIM)
        slot->enter_victim = object_of(task, slot, (__u32)arguments[operation->victim & 7], 0, 0, 0);
    }
  }
  slot->enter_number = number;
  slot->is_executing = 0;
  slot->enter_compat = is_compat(task);
  // In a tight loop the return of the call before is a close bound of the start, and saves a clock reading.
  slot->enter_time = settings.latency == REEL_LATENCY_ADAPTIVE && slot->quick_calls >= REEL_TIGHT_LOOP_CALLS
                         ? 0
                         : time_since_boot();
  return 0;
}

#define IN_PROGRESS (-115)

// Connected or on the way to it: a client from now on. Listening: a server.
static __always_inline __u64 new_role(struct reel_operation *operation, long result) {
  if (operation->flags & REEL_OPERATION_CONNECTS && (result == 0 || result == IN_PROGRESS)) return REEL_ROLE_CLIENT;
  return operation->flags & REEL_OPERATION_LISTENS && result == 0 ? REEL_ROLE_SERVER : 0;
}

// The object that a call has made; it gets its name, or its role, from the call.
static __always_inline __u64 new_object(struct reel_operation *operation, struct task_slot *slot, long result, __u64 now,
                                        struct reel_ring *ring) {
  __u64 request = 0;
  if (operation->result_commands) {
    __u64 command = slot->arguments[0];
    if (command >= 64 || !(operation->result_commands >> command & 1)) return 0;
  }
  if (operation->flags & REEL_OPERATION_OPENS) {
    long directory = AT_CURRENT_DIRECTORY;
    if (operation->directory != REEL_NO_ARGUMENT) directory = (__s32)slot->arguments[operation->directory & 7];
    request = take_request(slot->arguments[operation->path & 7], directory);
  } else if (operation->flags & REEL_OPERATION_ACCEPTS) {
    request = REEL_ROLE_SERVER;
  }
  return object_of(bpf_get_current_task_btf(), slot, (__u32)result, now, ring, request);
}

// What a call that nobody asked for does to names and roles that later events show.
static __noinline int note_call(struct pt_regs *registers, long result, struct task_slot *slot,
                                struct reel_operation *operation) {
  // It is over, though nothing is sent.
  slot->enter_number = ~0u;
  if (!(operation->flags & REEL_OPERATION_NAMES)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  slot->now = time_since_boot();
  take_arguments(registers, slot, operation, is_compat(bpf_get_current_task_btf()));
  __u64 role = new_role(operation, result);
  if (operation->object == REEL_OBJECT_RESULT) {
    if (result >= 0) new_object(operation, slot, result, slot->now, ring);
  } else if (role) {
    object_of(bpf_get_current_task_btf(), slot, (__u32)slot->arguments[operation->object & 7], slot->now, ring, role);
  }
  return 0;
}

// Whether the argument that decides about a capture says that there is something to capture.
static __always_inline bool is_wanted(struct reel_operation *operation, struct reel_capture_plan *plan, __u64 argument) {
  __u32 value = argument;
  if (!(plan->when & REEL_WHEN_IN_SET)) return value == plan->condition_value;
  value &= 127;
  return value < 64 && operation->condition_set >> value & 1;
}

// What clone3 was given, as the maker's call had it: the child's first return must not look into memory that it shares.
static __always_inline long put_making(struct task_slot *slot, struct reel_ring *ring, __u64 body) {
  if (!slot->knows_making) return NOT_CAPTURED;
  __u64 *stored = (void *)record_at(ring, body);
#pragma unroll
  for (int index = 0; index < 8; index++) stored[index] = 0;
  stored[0] = slot->made_with[0];
  stored[4] = slot->made_with[1];
  return CAPTURED(body + 64, 0);
}

// Sends the event of a call that returned. The caller has found out who made it, how, and when it ended. The task is asked
// for again where it is needed, which is seldom: a pointer that lives on costs a place on the stack.
static __always_inline int send_call(struct pt_regs *registers, long result, struct task_slot *slot, struct reel_ring *ring,
                                     struct reel_operation *operation) {
  slot->call_object = 0;
  slot->has_entered = 0;
  if (settings.latency != REEL_LATENCY_NONE && slot->enter_number == slot->number) {
    slot->has_entered = 1;
    slot->call_object = slot->enter_object;
    slot->enter_number = ~0u;
    if (settings.latency == REEL_LATENCY_ADAPTIVE) {
      if (!slot->enter_time) {
        slot->enter_time = slot->exit_time;
        slot->call_flags |= REEL_EVENT_LATENCY_BOUND;
      }
      slot->quick_calls = slot->now - slot->exit_time < REEL_TIGHT_LOOP_NS ? slot->quick_calls + 1 : 0;
      slot->exit_time = slot->now;
    }
  }
  if (settings.stage < REEL_STAGE_OBJECT) return 0;

  __u64 *arguments = slot->arguments;
  // What a new program was executed with is what was kept when the call began.
  if (!slot->is_executing) take_arguments(registers, slot, operation, slot->call_flags & REEL_EVENT_COMPAT);
  if (operation->object == REEL_OBJECT_RESULT) {
    if (result >= 0) slot->call_object = new_object(operation, slot, result, slot->now, ring);
  } else if (operation->object != REEL_NO_ARGUMENT) {
    if (!slot->has_entered || slot->call_object == REEL_OBJECT_UNKNOWN || (operation->flags & REEL_OPERATION_OBJECT_AT_EXIT)) {
      __u64 role = new_role(operation, result);
      __u64 found = object_of(bpf_get_current_task_btf(), slot, (__u32)arguments[operation->object & 7], slot->now, ring, role);
      // A closed descriptor is found no more: what it was at the entry stands.
      if (found || !slot->has_entered) slot->call_object = found;
    }
  }
  slot->call_extra = slot->number;
  if (operation->flags & REEL_OPERATION_WITH_DIRECTORY) {
    __s32 descriptor = arguments[operation->directory & 7];
    slot->call_extra = descriptor >= 0 ? object_of(bpf_get_current_task_btf(), slot, descriptor, slot->now, ring, 0) : 0;
  }
  if (operation->flags & REEL_OPERATION_WITH_VICTIM) slot->call_extra = slot->has_entered && result >= 0 ? slot->enter_victim : 0;
  if (settings.stage < REEL_STAGE_RECORD) return 0;

  if (!ring_has_room(ring, operation->room, operation->flags & REEL_OPERATION_LIFE)) {
    count_loss(ring, REEL_LOSS_RING_FULL);
    return 0;
  }
  if (!slot->has_entered && result == 0 && settings.latency != REEL_LATENCY_NONE) slot->call_flags |= REEL_EVENT_CHILD_RETURN;
  __u32 count = operation->argument_count;
  struct reel_event *event = begin_event(ring, slot->tid, slot->now, slot->call_version, operation->type, count);
  event->start = slot->has_entered ? slot->enter_time : 0;
  event->result = result;
  event->object = slot->call_object;
  __u64 *stored = (__u64 *)(event + 1);
  // The room behind the ring lets all six be stored always: cheaper than a branch for each.
#pragma unroll
  for (int index = 0; index < 6; index++) stored[index] = arguments[index];
  if (operation->flags & REEL_OPERATION_WITH_EXTRA) {
    stored[count & 7] = slot->call_extra;
    count++;
  }
  event->argument_count = count;
  *(volatile __u64 *)&slot->call_offset = sizeof *event + (__u64)(count & 7) * 8;
  *(volatile __u64 *)&slot->call_result = result;
  slot->call_captures = 0;

  // The memory that the old program pointed to is gone with it.
  if (settings.stage >= REEL_STAGE_ALL && !slot->is_executing) {
    for (int index = 0; index < REEL_CAPTURES; index++) {
      struct reel_capture_plan *plan = &operation->captures[index];
      __u32 kind = plan->kind;
      if (kind == 0) break;
      long returned = *(volatile __u64 *)&slot->call_result;
      __u64 offset = *(volatile __u64 *)&slot->call_offset & REEL_RECORD_MASK;
      if (plan->when & REEL_WHEN_SUCCEEDED && returned < 0) continue;
      if (plan->when & REEL_WHEN_POSITIVE && returned <= 0) continue;
      if (plan->condition != REEL_NO_ARGUMENT && !is_wanted(operation, plan, arguments[plan->condition & 7])) continue;
      __u64 pointer = arguments[plan->pointer & 7];
      if (!pointer) continue;
      long end;
      __u64 body = (offset + sizeof(struct reel_capture)) & REEL_RECORD_MASK;
      if (kind == REEL_CAPTURE_PAYLOAD) {
        if (settings.snap_length == 0 || returned <= 0 || slot->call_object & REEL_OBJECT_WITHOUT_PAYLOAD) continue;
        __u64 moved = returned;
        // Of a message that was cut, the call may tell the whole length.
        if (plan->length != REEL_NO_ARGUMENT) moved = smaller(moved, arguments[plan->length & 7]);
        __u64 length = bounded(smaller(moved, settings.snap_length));
        end = bpf_probe_read_user(record_at(ring, body), length, (const void *)pointer);
        if (end == 0) end = CAPTURED(body + length, (__u64)returned > length ? REEL_CAPTURE_TRUNCATED : 0);
      } else {
        __u64 extent = plan->length == REEL_NO_ARGUMENT ? plan->size : arguments[plan->length & 7];
        if (kind == REEL_CAPTURE_VECTOR || kind == REEL_CAPTURE_MESSAGE || kind == REEL_CAPTURE_MESSAGES) {
          if (settings.snap_length == 0 || returned <= 0 || slot->call_object & REEL_OBJECT_WITHOUT_PAYLOAD) continue;
          if (kind == REEL_CAPTURE_MESSAGE) extent = 1;
          if (kind == REEL_CAPTURE_MESSAGES) extent = returned;
          end = put_gathered(kind, pointer, extent, returned, body);
        } else {
          if (kind == REEL_CAPTURE_STRUCTURE_ARRAY) extent = smaller(extent, 1024) * (plan->size & 0xFFFF);
          end = slot->call_flags & REEL_EVENT_CHILD_RETURN && slot->number == CLONE3
                    ? put_making(slot, ring, body)
                    : put_capture(kind, pointer, extent, body);
        }
      }
      if (end < 0) {
        if (end != NOTHING_TO_CAPTURE) slot->call_flags |= REEL_EVENT_UNREADABLE;
        continue;
      }
      __u64 limit = (__u32)end & REEL_RECORD_MASK;
      struct reel_capture *head = (void *)record_at(ring, offset);
      head->length = limit - body;
      head->index = index;
      head->flags = (__u64)end >> 32;
      if (head->flags & REEL_CAPTURE_TRUNCATED)
        slot->call_flags |= kind == REEL_CAPTURE_STRING || kind == REEL_CAPTURE_STRING_ARRAY ? REEL_EVENT_TRUNCATED
                                                                                 : REEL_EVENT_PAYLOAD_TRUNCATED;
      *(volatile __u64 *)&slot->call_offset = ROUND8(limit);
      slot->call_captures++;
    }
  }
  event = (void *)record_at(ring, 0);
  event->record.flags = slot->call_flags;
  event->capture_count = slot->call_captures;
  __u64 length = *(volatile __u64 *)&slot->call_offset & REEL_RECORD_MASK;
  event->record.length = length;
  ring_publish(ring, length);
  ring_call(ring, operation->type);
  slot->is_executing = 0;
  return 0;
}

// Whether a task that is left out opens or connects something. By name and user a task can become one that is not left out,
// and has its descriptors still: they keep the names that they were opened by.
static __always_inline bool names_something(struct reel_operation *operation, long result) {
  return settings.selection & (REEL_SELECT_USERS | REEL_SELECT_NAMES) && result >= 0 &&
         operation->flags & REEL_OPERATION_NAMES;
}

// Whether a call of a task that is left out may be of interest all the same. It may be that of either entry with this number:
// which one it was, the task must be asked.
static __always_inline bool may_concern_others(__u32 number, long result) {
  if (result < 0) return false;
  struct reel_operation *native = operation_of(number, false, 0), *narrow = operation_of(number, true, 0);
  return (result == 0 && (native->flags | narrow->flags) & REEL_OPERATION_MOVES_NAMES) ||
         names_something(native, result) || names_something(narrow, result);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_system_call_exit, struct pt_regs *registers, long result) {
  if (settings.stage == REEL_STAGE_EMPTY) return 0;
  if (is_skipped(call_number(registers))) return 0;
  if (is_known_left_out(registers) && !may_concern_others(call_number(registers), result)) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (settings.alternatives & REEL_ALTERNATIVE_TASK_ONLY && task->pid) return 0;
  struct reel_operation *operation = operation_of(call_number(registers), is_compat(task), registers);
  if (is_ignored(operation, call_number(registers), is_compat(task))) return 0;
  // A call that changed names which others have open is noticed for all tasks, selected or not, and before the clock is
  // read: whatever comes later sees the new names.
  if (result == 0 && operation->flags & REEL_OPERATION_MOVES_NAMES) __sync_fetch_and_add(&control.names_epoch, 1);
  bool selected = is_selected(task);
  if ((!selected && !names_something(operation, result)) || is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) {
    count_loss(ring, REEL_LOSS_NO_TASK);
    ring_leave(ring);
    return 0;
  }
  slot->number = call_number(registers);
  // rt_sigreturn has lost its number by now, and execveat that succeeded says execve.
  if (settings.latency != REEL_LATENCY_NONE && (slot->number == ~0u || slot->is_executing) && slot->enter_number != ~0u) {
    slot->number = slot->enter_number;
    // A program of the other width may be in place by now: the numbers are those of the one that made the call.
    operation = operation_of(slot->enter_number, slot->enter_compat, registers);
  } else if (settings.latency == REEL_LATENCY_NONE && slot->is_executing) {
    // Which entry it came through is not known: it is taken for that of the program which is there now.
    slot->is_executing = 0;
    slot->number = NATIVE_EXECVE;
    operation = operation_of(NATIVE_EXECVE, false, registers);
  }
  if (selected && operation->flags & REEL_OPERATION_ENABLED) {
    slot->now = time_since_boot();
    if (slot->enter_object && !is_remembered(slot->enter_generation)) slot->enter_object = REEL_OBJECT_UNKNOWN;
    slot->call_version = settings.stage >= REEL_STAGE_THREAD ? thread_version(task, slot, slot->now) : 0;
    bool compat = slot->is_executing ? slot->enter_compat : is_compat(task);
    slot->call_flags = 0;
    if (compat) slot->call_flags = REEL_EVENT_COMPAT | (operation->flags & REEL_OPERATION_NARROW ? REEL_EVENT_NARROW : 0);
    send_call(registers, result, slot, ring, operation);
  } else {
    note_call(registers, result, slot, operation);
  }
  ring_leave(ring);
  return 0;
}
