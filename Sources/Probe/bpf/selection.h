// Which tasks are looked at, cheapest check first. What is not asked for costs nothing: `settings` are constants.
#ifndef REEL_SELECTION_H
#define REEL_SELECTION_H

#include "cgroup.h"
#include "task.h"

// What is compared on the way of a call that is left out, before anything is asked of the kernel: whether the call comes
// from the stack of a task that was found to be left out, and nothing has happened since that could change it. A task's
// registers lie at one place of its own stack. Only for control groups: what they select changes with moves, with forks
// (a stack may be another task's then), and with what user space selects.
//
// Only who is left out is remembered, by its own program on its own CPU: whatever runs between two of these stores, the
// entry is void or true.
static __always_inline bool is_known_left_out(void *registers) {
  if (settings.selection != REEL_SELECT_CGROUPS || !settings.remembers_left_out) return false;
  struct left_out *entry = &left_out[bpf_get_smp_processor_id() & (LEFT_OUT_CPUS - 1)];
  return entry->registers == (__u64)registers && entry->task_epoch == control.task_epoch &&
         entry->selection_epoch == control.selection_epoch;
}

static __always_inline void remember_left_out(void *registers, __u32 task_epoch, __u32 selection_epoch) {
  if (settings.selection != REEL_SELECT_CGROUPS || !settings.remembers_left_out) return;
  struct left_out *entry = &left_out[bpf_get_smp_processor_id() & (LEFT_OUT_CPUS - 1)];
  *(volatile __u32 *)&entry->task_epoch = 0;
  *(volatile __u64 *)&entry->registers = (__u64)registers;
  *(volatile __u32 *)&entry->selection_epoch = selection_epoch;
  *(volatile __u32 *)&entry->task_epoch = task_epoch;
}

// Tasks were made or moved. Odd at all times, so that it never is the 0 of an entry that is void.
static __always_inline void raise_task_epoch(void) {
  if (settings.selection == REEL_SELECT_CGROUPS && settings.remembers_left_out)
    __sync_fetch_and_add(&control.task_epoch, 2);
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach) {
  raise_task_epoch();
  return 0;
}

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
__noinline long is_below_selected_cgroup(__u64 node_address, __u64 mark) {
  struct kernfs_node *node = (void *)node_address;
  for (int depth = 0; depth < 24; depth++) {
    if (!node) break;
    __u64 id = READ(node, id) | mark;
    if (bpf_map_lookup_elem(&selected_cgroups, &id)) return 1;
    node = parent_of_node(node);
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
    __u64 mark;
    __u64 node = as_number(&slot->scratch, container_node(task, &mark));
    slot->is_in_cgroup = is_below_selected_cgroup(node, mark) != 0;
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
