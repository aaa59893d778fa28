// Who: versions of threads.
//
// A version is found by comparing what an event sees with what was last defined for the task. No list of calls that
// change an identity can be complete: another process may move a task to another cgroup, rename it, change its limits,
// rename a directory above its own, or die and leave it to a new parent.
#ifndef REEL_IDENTITY_H
#define REEL_IDENTITY_H

#include "image.h"

#define MAX_ANCESTORS 128

// What a thread row says, as far as it can change. Pointers stand for what they point to: credentials and namespace sets
// are never changed in place. An address may be given out again, though; what matters most is therefore compared itself
// beside it. Plain loads and comparisons; no helper call.
#define FOR_EACH_SEEN(DO)                                   \
  DO(cred, task->cred)                                      \
  DO(user, task->cred->uid.val)                             \
  DO(effective_user, task->cred->euid.val)                  \
  DO(capabilities, CAPABILITIES(LOAD, task->cred, cap_effective)) \
  DO(cgroups, task->cgroups)                                \
  DO(parent, task->real_parent)                             \
  DO(parent_start, task->real_parent->start_boottime)       \
  DO(namespaces, task->nsproxy)                             \
  DO(working_directory, task->fs->pwd.dentry)               \
  DO(directory_mount, task->fs->pwd.mnt)                    \
  DO(root_directory, task->fs->root.dentry)                 \
  DO(group, task->signal->pids[2]) /* PIDTYPE_PGID */       \
  DO(session, task->signal->pids[3]) /* PIDTYPE_SID */      \
  DO(terminal, task->signal->tty)                           \
  DO(descriptor_limit, task->signal->rlim[7].rlim_cur)      \
  DO(exec_id, task->self_exec_id)

static __always_inline __u32 login_user(struct task_struct *task) {
  return bpf_core_field_exists(task->loginuid) ? task->loginuid.val : ~0u;
}

// The names of the directories that a thread works in and has as its root.
static __always_inline __u64 print_directories(struct task_slot *slot, struct task_struct *task) {
  struct fs_struct *fs = READ(task, fs);
  if (!fs) return 0;
  __u64 entry = as_number(&slot->scratch, READ(fs, pwd.dentry));
  __u64 print = path_print(entry, as_number(&slot->scratch, READ(fs, pwd.mnt)));
  entry = as_number(&slot->scratch, READ(fs, root.dentry));
  return mix(print, path_print(entry, as_number(&slot->scratch, READ(fs, root.mnt))));
}

static __always_inline bool is_name(const __u64 known[2], const char *name) {
  __u64 first, second;
  __builtin_memcpy(&first, name, 8);
  __builtin_memcpy(&second, name + 8, 8);
  return known[0] == first && known[1] == second;
}

static __always_inline bool is_as_seen(struct task_slot *slot, struct task_struct *task) {
  struct identity_seen *seen = &slot->seen;
  task = PLAIN(task);
#define COMPARE(member, value) \
  if (seen->member != (typeof(seen->member))(value)) return false;
  FOR_EACH_SEEN(COMPARE)
#undef COMPARE
  if (seen->login_user != login_user(task)) return false;
  if (!is_name(seen->comm, task->comm)) return false;
  if (task->pid != task->tgid && !is_name(seen->process_comm, task->group_leader->comm)) return false;
  __u32 epoch = current_names_epoch();
  if (seen->names_epoch != epoch) {
    // Something was renamed or mounted; seldom what this thread stands in.
    if (seen->path_print != print_directories(slot, task)) return false;
    seen->names_epoch = epoch;
  }
  return true;
}

static __always_inline void see(struct task_slot *slot, struct task_struct *task, __u32 epoch) {
  struct identity_seen *seen = &slot->seen;
  task = PLAIN(task);
#define STORE(member, value) seen->member = (typeof(seen->member))(value);
  FOR_EACH_SEEN(STORE)
#undef STORE
  seen->login_user = login_user(task);
  __builtin_memcpy(seen->comm, task->comm, sizeof seen->comm);
  __builtin_memcpy(seen->process_comm, task->group_leader->comm, sizeof seen->process_comm);
  seen->names_epoch = epoch;
}

// The element of a pid for its innermost namespace.
static __always_inline struct upid *innermost(struct reel_ring *ring, struct pid *pid) {
  __u64 level = READ(pid, level);
  return (void *)(as_number(&ring->scratch, pid) + bpf_core_field_offset(struct pid, numbers) +
                  (level & 31) * bpf_core_type_size(struct upid));
}

// The number of a pid in a task's own namespace, that is at the level of the task's pid; 0 when it is not in there.
static __always_inline __u32 number_beside(struct reel_ring *ring, struct pid *pid, struct pid *own) {
  if (!pid || !own) return 0;
  __u64 level = READ(own, level);
  if (READ(pid, level) < level) return 0;
  struct upid *number = (void *)(as_number(&ring->scratch, pid) + bpf_core_field_offset(struct pid, numbers) +
                                 (level & 31) * bpf_core_type_size(struct upid));
  return READ(number, ns) == READ(innermost(ring, own), ns) ? READ(number, nr) : 0;
}

static __always_inline __u32 global_number(struct pid *pid) { return pid ? READ(pid, numbers[0].nr) : 0; }

static __always_inline __u32 terminal_of(struct tty_struct *tty) {
  if (!tty) return 0;
  __u32 minor = READ(tty, driver, minor_start) + READ(tty, index);
  // The layout of a device number in user space: minor bits 0-7 and 20-31, major between them.
  return (minor & 0xFF) | (__u32)READ(tty, driver, major) << 8 | (minor & ~0xFFu) << 12;
}

static __always_inline void put_credentials(struct reel_thread *thread, struct cred *cred) {
  thread->uid = READ(cred, uid.val);
  thread->effective_uid = READ(cred, euid.val);
  thread->saved_uid = READ(cred, suid.val);
  thread->filesystem_uid = READ(cred, fsuid.val);
  thread->gid = READ(cred, gid.val);
  thread->effective_gid = READ(cred, egid.val);
  thread->saved_gid = READ(cred, sgid.val);
  thread->filesystem_gid = READ(cred, fsgid.val);
  thread->capabilities_inheritable = CAPABILITIES(READ, cred, cap_inheritable);
  thread->capabilities_permitted = CAPABILITIES(READ, cred, cap_permitted);
  thread->capabilities_effective = CAPABILITIES(READ, cred, cap_effective);
  thread->user_namespace = READ(cred, user_ns, ns.inum);
}

static __always_inline void put_namespaces(struct reel_thread *thread, struct nsproxy *namespaces) {
  if (!namespaces) return;
  thread->mount_namespace = READ(namespaces, mnt_ns, ns.inum);
  thread->net_namespace = READ(namespaces, net_ns, ns.inum);
  thread->uts_namespace = READ(namespaces, uts_ns, ns.inum);
  thread->ipc_namespace = READ(namespaces, ipc_ns, ns.inum);
  thread->cgroup_namespace = READ(namespaces, cgroup_ns, ns.inum);
}

// Sends a thread as it is now; gives the version's identity, 0 when there was no room. What print_directories gives is in
// the ring's head then.
__noinline __u64 define_thread(__u32 ring_number, __u64 task_address, __u64 now, __u64 image_identity,
                               __u32 original_parent) {
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!ring) return 0;
  struct task_struct *task = (void *)task_address;
  if (!ring_has_room(ring, 40 * 1024, true)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return 0;
  }
  __u64 identity = next_identity(ring, ring_number);
  struct reel_thread *thread = (void *)record_at(ring, 0);
  __u64 offset = sizeof *thread;
  __builtin_memset(thread, 0, sizeof *thread);
  thread->record.kind = REEL_RECORD_THREAD;
  thread->record.time = now;
  thread->identity = identity;
  thread->image = image_identity;
  struct task_struct *leader = READ(task, group_leader);
  struct task_struct *parent = READ(task, real_parent);
  thread->start_time = READ(task, start_boottime);
  thread->process_start_time = READ(leader, start_boottime);
  thread->parent_start_time = READ(parent, group_leader, start_boottime);
  thread->tid = READ(task, pid);
  thread->pid = READ(task, tgid);
  thread->parent_pid = READ(parent, tgid);
  thread->original_parent_pid = original_parent;
  thread->task_flags = READ(task, flags);
  thread->login_uid = bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : ~0u;
  bpf_core_read(thread->comm, 16, &task->comm);
  bpf_core_read(thread->process_comm, 16, &leader->comm);

  struct pid *thread_pid = READ(task, thread_pid);
  struct signal_struct *signal = READ(task, signal);
  thread->virtual_tid = number_beside(ring, thread_pid, thread_pid);
  if (thread_pid) thread->pid_namespace = READ(innermost(ring, thread_pid), ns, ns.inum);
  thread->virtual_pid = number_beside(ring, READ(signal, pids[1]), thread_pid);
  struct pid *group = READ(signal, pids[2]), *session = READ(signal, pids[3]);
  thread->process_group = global_number(group);
  thread->session = global_number(session);
  thread->virtual_process_group = number_beside(ring, group, thread_pid);
  thread->virtual_session = number_beside(ring, session, thread_pid);
  thread->descriptor_limit = READ(signal, rlim[7].rlim_cur);
  thread->tty = terminal_of(READ(signal, tty));
  put_credentials(thread, READ(task, cred));
  put_namespaces(thread, READ(task, nsproxy));

  __u32 directory_length = 0, root_length = 0, path_flags = REEL_PATH_ABSENT;
  struct fs_struct *fs = READ(task, fs);
  ring->directories_print = 0;
  if (fs) {
    __u64 entry = as_number(&ring->scratch, READ(fs, pwd.dentry));
    __u64 mount = as_number(&ring->scratch, READ(fs, pwd.mnt));
    long end = put_path(ring_number, task_address, entry, mount, offset);
    ring->directories_print = ring->path_print;
    if (end > 0) {
      path_flags = (__u64)end >> 32;
      directory_length = ((__u32)end - offset) & REEL_RECORD_MASK;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
    entry = as_number(&ring->scratch, READ(fs, root.dentry));
    mount = as_number(&ring->scratch, READ(fs, root.mnt));
    // As seen from outside: no task, no root to stop at but that of the mount namespace.
    end = put_path(ring_number, 0, entry, mount, offset);
    ring->directories_print = mix(ring->directories_print, ring->path_print);
    if (end > 0) {
      root_length = ((__u32)end - offset) & REEL_RECORD_MASK;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  __u64 mark;
  struct kernfs_node *node = container_node(task, &mark);
  __u64 cgroup_id = READ(node, id);
  long end = put_cgroup(ring_number, as_number(&ring->scratch, node), offset);
  __u32 cgroup_length = 0;
  if (end > 0) {
    cgroup_length = ((__u32)end - offset) & REEL_RECORD_MASK;
    offset = (__u32)end & REEL_RECORD_MASK;
  }
  thread = (void *)record_at(ring, 0);
  thread->working_directory_length = directory_length;
  thread->root_directory_length = root_length;
  thread->path_flags = path_flags;
  thread->cgroup_id = cgroup_id;
  thread->cgroup_length = cgroup_length;
  thread->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));
  return identity;
}

// A walk along the ancestors of a task. When it is stands in the ring's head: the stack has little room.
struct ancestor_walk {
  struct task_struct *ancestor;
  __u32 generation, ring_number;
  // How many were sent.
  __u32 sent;
  bool failed;
};

static long define_ancestor(__u32 index, struct ancestor_walk *walk) {
  struct reel_ring *ring = ring_numbered(walk->ring_number);
  if (!ring || !walk->ancestor) return 1;
  struct task_struct *leader = READ(walk->ancestor, group_leader);
  __u32 pid = READ(leader, pid);
  if (pid == 0) return 1;
  struct task_slot *slot = slot_of_other(pid, READ(leader, start_boottime));
  // What stands above one that was sent was sent before it.
  __u32 generation = walk->generation;
  if (slot && ((slot->version && slot->generation == generation) || slot->generation_as_parent == generation)) return 1;
  __u64 address = as_number(&ring->scratch, leader);
  __u64 image = slot && slot->generation == generation ? slot->image : 0;
  if (!image) image = define_image(walk->ring_number, address, ring->now, 0);
  __u32 maker = slot ? slot->original_parent : 0;
  if (!image || !define_thread(walk->ring_number, address, ring->now, image, maker)) {
    walk->failed = true;
    return 1;
  }
  walk->sent = index + 1;
  walk->ancestor = READ(leader, real_parent);
  return 0;
}

static long mark_ancestor(__u32 index, struct ancestor_walk *walk) {
  if (!walk->ancestor) return 1;
  struct task_struct *leader = READ(walk->ancestor, group_leader);
  struct task_slot *slot = slot_of_other(READ(leader, pid), READ(leader, start_boottime));
  if (slot) slot->generation_as_parent = walk->generation;
  walk->ancestor = READ(leader, real_parent);
  return 0;
}

// Sends those ancestors of the current task that were not sent in this generation: one that makes no call itself, is not
// selected, or whose definition was lost, still stands in the line of its descendants. False when there was no room.
static __always_inline bool define_ancestors(__u32 ring_number, struct task_struct *task, __u32 generation) {
  struct task_struct *parent = READ(task, real_parent);
  struct ancestor_walk walk = {.ancestor = parent, .generation = generation, .ring_number = ring_number};
  bpf_loop(MAX_ANCESTORS, define_ancestor, &walk, 0);
  if (walk.failed) return false;
  // Marked only when all above them are there. Their versions are theirs to set: they may be running.
  walk.ancestor = parent;
  bpf_loop(walk.sent, mark_ancestor, &walk, 0);
  return true;
}

// Defines the current thread anew; gives the version, 0 when there was no room.
__noinline __u64 define_version(__u64 now) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct task_slot *slot = task_slot_of(task);
  __u32 ring_number = own_ring_number();
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!slot || !ring) return 0;
  // Read before what it stands for: what changes meanwhile is noticed next time.
  __u32 generation = current_generation(), epoch = current_names_epoch();
  __u64 address = as_number(&ring->scratch, task);
  if (slot->seen.exec_id != task->self_exec_id || slot->generation != generation || !slot->image) {
    __u64 image = define_image(ring_number, address, now, 0);
    if (!image) return 0;
    slot->image = image;
  }
  see(slot, task, epoch);
  __u64 version = define_thread(ring_number, address, now, slot->image, slot->original_parent);
  slot->version = version;
  if (!version) return 0;
  slot->seen.path_print = ring->directories_print;
  slot->generation = generation;
  // Tried again with the next event when there was no room for all of them.
  ring->now = now;
  if (!define_ancestors(ring_number, task, generation)) slot->version = 0;
  return version;
}

// The version of the current thread, defined anew when it is not what it was.
static __always_inline __u64 thread_version(struct task_struct *task, struct task_slot *slot, __u64 now) {
  if (slot->version && slot->generation == current_generation() && is_as_seen(slot, task)) return slot->version;
  return define_version(now);
}

#endif
