// The state of a task.
#ifndef REEL_TASK_H
#define REEL_TASK_H

#include "maps.h"

// Forgets what is known of whichever task had the slot.
static __always_inline void reset_slot(struct task_slot *slot, __u32 tid, __u64 start_time) {
  slot->start_time = start_time;
  slot->tid = tid;
  slot->enter_time = 0;
  slot->enter_number = ~0u;
  slot->version = 0;
  slot->image = 0;
  slot->generation_as_parent = 0;
  slot->original_parent = 0;
  slot->quick_calls = 0;
  slot->selection_epoch = 0;
  slot->is_in_tree = 0;
  slot->knows_making = 0;
  slot->is_executing = 0;
  slot->left_cpu_at = 0;
  slot->got_cpu_at = 0;
  slot->waited = 0;
  slot->sampled_cpu_time = 0;
  slot->sampled_generation = 0;
#pragma unroll
  for (int index = 0; index < DESCRIPTOR_SLOTS; index++) slot->descriptors[index].file = 0;
}

static __always_inline void take_slot(struct task_slot *slot, struct task_struct *task) {
  reset_slot(slot, task->pid, task->start_boottime);
}

// Ids are handed out one after the other, so that an element of a table at least as large as the number of tasks is
// shared only by tasks far apart in time. When two living tasks do meet, the second one gets task storage.
static __always_inline struct task_slot *task_slot_of(struct task_struct *task) {
  struct task_slot *slot;
  if (!(settings.alternatives & REEL_ALTERNATIVE_TASK_STORAGE)) {
    __u32 index = task->pid & settings.task_mask;
    slot = bpf_map_lookup_elem(&tasks, &index);
    if (!slot) return 0;
    if (slot->tid == task->pid && slot->start_time == task->start_boottime) return slot;
    if (slot->tid == 0 || slot->tid == task->pid) {
      take_slot(slot, task);
      return slot;
    }
  }
  slot = bpf_task_storage_get(&crowded_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (slot && slot->tid != task->pid) take_slot(slot, task);
  return slot;
}

// What is known of a task that need not be the current one; 0 when nothing is.
static __always_inline struct task_slot *known_slot(__u32 tid, __u64 start_time) {
  __u32 index = tid & settings.task_mask;
  struct task_slot *slot = bpf_map_lookup_elem(&tasks, &index);
  return slot && slot->tid == tid && slot->start_time == start_time ? slot : 0;
}

// The slot of a task that need not be the current one; 0 when its place belongs to another one. It may be running: two
// that take its slot at once write the same.
static __always_inline struct task_slot *slot_of_other(__u32 tid, __u64 start_time) {
  __u32 index = tid & settings.task_mask;
  struct task_slot *slot = bpf_map_lookup_elem(&tasks, &index);
  if (!slot) return 0;
  if (slot->tid == tid && slot->start_time == start_time) return slot;
  if (slot->tid != 0) return 0;
  reset_slot(slot, tid, start_time);
  return slot;
}

#endif
