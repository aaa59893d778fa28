// Which tasks are looked at, cheapest check first. What is not asked for costs nothing: `settings` are constants.
#ifndef REEL_SELECTION_H
#define REEL_SELECTION_H

#include "task.h"

static __always_inline bool is_selected_user(struct task_struct *task) {
  __u32 user = task->cred->euid.val;
#pragma unroll
  for (int index = 0; index < REEL_SELECTED_VALUES; index++)
    if (index < settings.selected_user_count && user == settings.selected_users[index]) return true;
  return false;
}

static __always_inline bool is_selected_name(struct task_struct *task) {
  __u64 comm[2];
  __builtin_memcpy(comm, task->group_leader->comm, sizeof comm);  // filled up with zeros by the kernel
#pragma unroll
  for (int index = 0; index < REEL_SELECTED_VALUES; index++)
    if (index < settings.selected_name_count && comm[0] == settings.selected_names[index][0] &&
        comm[1] == settings.selected_names[index][1])
      return true;
  return false;
}

// Whether a control group or one above it is selected.
__noinline long is_below_selected_cgroup(__u64 node_address) {
  struct kernfs_node *node = (void *)node_address;
  for (int depth = 0; depth < 24; depth++) {
    if (!node) break;
    __u64 id = READ(node, id);
    if (bpf_map_lookup_elem(&selected_cgroups, &id)) return 1;
    if (bpf_core_field_exists(((struct kernfs_node___renamed *)0)->__parent)) {
      node = READ((struct kernfs_node___renamed *)node, __parent);
    } else {
      node = READ(node, parent);
    }
  }
  return 0;
}

// Whether a process or one above it is selected; for tasks whose making was not seen.
__noinline long is_below_selected_process(__u64 task_address) {
  struct task_struct *task = (void *)task_address;
  for (int depth = 0; depth < 32; depth++) {
    if (!task) break;
    __u32 process = READ(task, tgid);
    __u64 *start = bpf_map_lookup_elem(&selected_processes, &process);
    if (start && (!*start || *start == READ(task, group_leader, start_boottime))) return 1;
    if (process <= 1) break;
    task = READ(task, real_parent);
  }
  return 0;
}

// Finds out about a task that is new, or moved, or when something else is selected than before.
__noinline int find_selection(__u64 task_address, __u32 tid, __u64 start_time) {
  struct task_struct *task = (void *)task_address;
  struct task_struct *current = bpf_get_current_task_btf();
  struct task_slot *slot = (__u32)current->pid == tid ? task_slot_of(current) : known_slot(tid, start_time);
  if (!slot) return 0;
  // Read before what it stands for: what is selected meanwhile is noticed next time.
  __u32 epoch = control.selection_epoch;
  if (settings.selection & REEL_SELECT_CGROUPS) {
    slot->selection_cgroups = as_number(&slot->scratch, READ(task, cgroups));
    __u64 node = as_number(&slot->scratch, READ(task, cgroups, dfl_cgrp, kn));
    slot->is_in_cgroup = is_below_selected_cgroup(node) != 0;
  }
  // Whoever is in the tree stays in it: a parent that ended does not put its children out.
  if (settings.selection & REEL_SELECT_PROCESSES && !slot->is_in_tree)
    slot->is_in_tree = is_below_selected_process(task_address) != 0;
  slot->selection_epoch = epoch;
  return 0;
}

static __always_inline bool is_selected(struct task_struct *task) {
  if (!settings.selection) return true;
  if (settings.selection & REEL_SELECT_USERS && !is_selected_user(task)) return false;
  if (settings.selection & REEL_SELECT_NAMES && !is_selected_name(task)) return false;
  if (!(settings.selection & (REEL_SELECT_CGROUPS | REEL_SELECT_PROCESSES))) return true;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) return false;
  if (slot->selection_epoch != control.selection_epoch ||
      (settings.selection & REEL_SELECT_CGROUPS && slot->selection_cgroups != (__u64)task->cgroups))
    find_selection(as_number(&slot->scratch, task), task->pid, task->start_boottime);
  if (settings.selection & REEL_SELECT_CGROUPS && !slot->is_in_cgroup) return false;
  if (settings.selection & REEL_SELECT_PROCESSES && !slot->is_in_tree) return false;
  return true;
}

#endif
