// The control group that says which container a task is in.
//
// That of the unified hierarchy, unless the task is in its root: then the host may be one of the older kind, where engines
// use a hierarchy for each controller, and that of the memory (or else the number of tasks) is looked at.
#ifndef REEL_CGROUP_H
#define REEL_CGROUP_H

#include "maps.h"

// The group's parent; 0 for a root.
static __always_inline struct kernfs_node *parent_of_node(struct kernfs_node *node) {
  if (bpf_core_field_exists(((struct kernfs_node___renamed *)0)->__parent))
    return READ((struct kernfs_node___renamed *)node, __parent);
  return READ(node, parent);
}

// The group of a controller, wherever that is mounted; 0 when the kernel has no such controller.
static __always_inline struct kernfs_node *node_of_controller(struct css_set *set, __u32 controller) {
  struct cgroup_subsys_state *state = 0;
  // The number is the kernel's own and known only now: members of an array are found by numbers known before.
  const void *member = (const char *)set + bpf_core_field_offset(set->subsys) + controller * sizeof(void *);
  if (bpf_probe_read_kernel(&state, sizeof state, member) || !state) return 0;
  struct kernfs_node *node = 0;
  struct cgroup *group = BPF_CORE_READ(state, cgroup);
  if (group) node = BPF_CORE_READ(group, kn);
  return node;
}

// The group's number as user space knows it: of those that are not of the unified hierarchy the highest bit is set.
#define OLD_HIERARCHY (1ull << 63)

// Finds the group of a task.
static __always_inline struct kernfs_node *container_node(struct task_struct *task, __u64 *mark) {
  *mark = 0;
  struct kernfs_node *node = READ(task, cgroups, dfl_cgrp, kn);
  if (!node || parent_of_node(node)) return node;
  struct css_set *set = READ(task, cgroups);
  struct kernfs_node *other = 0;
  if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
    other = node_of_controller(set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
  if ((!other || !parent_of_node(other)) && bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
    other = node_of_controller(set, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
  if (!other || !parent_of_node(other)) return node;
  *mark = OLD_HIERARCHY;
  return other;
}

#endif
