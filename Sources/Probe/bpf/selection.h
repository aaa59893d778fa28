// Which tasks are looked at, cheapest check first. What is not asked for costs nothing: `settings` are constants.
#ifndef REEL_SELECTION_H
#define REEL_SELECTION_H

#include "cgroup.h"
#include "task.h"

// From Linux 6.2 on; where it is missing, `casts_numbers` is 0.
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

// Who a task is, as far as users and names select it.
static __always_inline void read_who(struct task_struct *task, struct who *who) {
  task = PLAIN(task);
  if (settings.selection & REEL_SELECT_USERS) who->user = task->cred->euid.val;
  // Filled up with zeros by the kernel.
  if (settings.selection & REEL_SELECT_NAMES)
    __builtin_memcpy(who->name, task->group_leader->comm, sizeof who->name);
}

// What is compared on the way of a call that is left out, before anything is asked of the kernel: whether the call comes
// from the stack of a task that was found to be left out, and nothing has happened since that could change it. A task's
// registers lie at one place of its own stack. Forks (a stack may be another task's then) and what user space selects raise
// an epoch. A move to another control group is seen by the task's own set of groups, since the kernel tells of moves only
// after them, when the task may have made calls in its new group already; that the kernel told raises the epoch all the
// same, since a set that went away may leave its address to the next. User and name are compared as they are.
//
// Only who is left out is remembered, by its own program on its own CPU: whatever runs between two of these stores, the
// entry is void or true.
static __always_inline bool is_as_left_out(struct left_out *entry) {
  if (!(settings.selection & (REEL_SELECT_CGROUPS | REEL_SELECT_USERS | REEL_SELECT_NAMES))) return true;
  // Reading through a number costs nothing over the load, and is allowed since the kernel survives a wrong one. To ask who
  // calls would be a helper call, the dearest part of the whole.
  struct task_struct *task = settings.casts_numbers
                                 ? bpf_rdonly_cast((void *)entry->task, bpf_core_type_id_kernel(struct task_struct))
                                 : PLAIN(bpf_get_current_task_btf());
  if (settings.selection & REEL_SELECT_CGROUPS && entry->cgroups != (__u64)task->cgroups) return false;
  if (settings.selection & REEL_SELECT_USERS && entry->who.user != task->cred->euid.val) return false;
  if (!(settings.selection & REEL_SELECT_NAMES)) return true;
  __u64 name[2];
  __builtin_memcpy(name, task->group_leader->comm, sizeof name);
  return entry->who.name[0] == name[0] && entry->who.name[1] == name[1];
}

static __always_inline bool is_known_left_out(void *registers) {
  if (!settings.selection || !settings.remembers_left_out) return false;
  struct left_out *entry = &left_out[bpf_get_smp_processor_id() & (LEFT_OUT_CPUS - 1)];
  return entry->registers == (__u64)registers && entry->task_epoch == control.task_epoch &&
         entry->selection_epoch == control.selection_epoch && is_as_left_out(entry);
}

// Takes what it was found to be left out by, not what is so at this moment.
static __always_inline void remember_left_out(
    void *registers, struct task_struct *task, struct who *who, __u32 task_epoch, __u32 selection_epoch) {
  if (!settings.selection || !settings.remembers_left_out) return;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) return;
  struct left_out *entry = &left_out[bpf_get_smp_processor_id() & (LEFT_OUT_CPUS - 1)];
  *(volatile __u32 *)&entry->task_epoch = 0;
  *(volatile __u64 *)&entry->registers = (__u64)registers;
  *(volatile __u64 *)&entry->task = as_number(&slot->scratch, task);
  *(volatile __u64 *)&entry->cgroups = slot->selection_cgroups;
  if (settings.selection & REEL_SELECT_USERS) *(volatile __u32 *)&entry->who.user = who->user;
  if (settings.selection & REEL_SELECT_NAMES) {
    *(volatile __u64 *)&entry->who.name[0] = who->name[0];
    *(volatile __u64 *)&entry->who.name[1] = who->name[1];
  }
  *(volatile __u32 *)&entry->selection_epoch = selection_epoch;
  *(volatile __u32 *)&entry->task_epoch = task_epoch;
}

// Tasks were made or moved. Odd at all times, so that it never is the 0 of an entry that is void.
static __always_inline void raise_task_epoch(void) {
  if (settings.selection && settings.remembers_left_out) __sync_fetch_and_add(&control.task_epoch, 2);
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_move) {
  raise_task_epoch();
  return 0;
}

static __always_inline bool is_selected_user(struct who *who) {
#pragma unroll
  for (int index = 0; index < REEL_SELECTED_VALUES; index++)
    if (index < settings.selected_user_count && who->user == settings.selected_users[index]) return true;
  return false;
}

static __always_inline bool is_selected_name(struct who *who) {
#pragma unroll
  for (int index = 0; index < REEL_SELECTED_VALUES; index++)
    if (index < settings.selected_name_count && who->name[0] == settings.selected_names[index][0] &&
        who->name[1] == settings.selected_names[index][1])
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

static __always_inline bool is_selected_as(struct task_struct *task, struct who *who) {
  if (!settings.selection) return true;
  if (settings.selection & REEL_SELECT_USERS && !is_selected_user(who)) return false;
  if (settings.selection & REEL_SELECT_NAMES && !is_selected_name(who)) return false;
  if (!(settings.selection & (REEL_SELECT_CGROUPS | REEL_SELECT_PROCESSES))) return true;
  struct task_slot *slot = task_slot_of(task);
  if (!slot) return false;
  if (slot->selection_epoch != control.selection_epoch ||
      (settings.selection & REEL_SELECT_CGROUPS && slot->selection_cgroups != (__u64)PLAIN(task)->cgroups))
    find_selection(as_number(&slot->scratch, task), task->pid, task->start_boottime);
  if (settings.selection & REEL_SELECT_CGROUPS && !slot->is_in_cgroup) return false;
  if (settings.selection & REEL_SELECT_PROCESSES && !slot->is_in_tree) return false;
  return true;
}

static __always_inline bool is_selected(struct task_struct *task) {
  struct who who;
  read_who(task, &who);
  return is_selected_as(task, &who);
}

#endif
