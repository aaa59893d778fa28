// Who: versions of threads and what they execute.
//
// A version is found by comparing what an event sees with what was last defined for the task. No list of calls that change an identity can be complete: another process may move a task to another
// cgroup, rename it, or die and leave it to a new parent.
#ifndef REEL_IDENTITY_H
#define REEL_IDENTITY_H

#include "path.h"

// Everything that a thread row says, as far as it can change. Pointers stand for what they point to: credentials and
// namespace sets are never changed in place. Plain loads and comparisons; no helper call.
#define FOR_EACH_SEEN(DO)                                   \
  DO(cred, task->cred)                                      \
  DO(cgroups, task->cgroups)                                \
  DO(parent, task->real_parent)                             \
  DO(namespaces, task->nsproxy)                             \
  DO(working_directory, task->fs->pwd.dentry)               \
  DO(root_directory, task->fs->root.dentry)                 \
  DO(group, task->signal->pids[2]) /* PIDTYPE_PGID */       \
  DO(session, task->signal->pids[3]) /* PIDTYPE_SID */      \
  DO(terminal, task->signal->tty)                           \
  DO(exec_id, task->self_exec_id)

static __always_inline bool is_as_seen(struct identity_seen *seen, struct task_struct *task) {
#define COMPARE(member, value) \
  if (seen->member != (__u64)(value)) return false;
  FOR_EACH_SEEN(COMPARE)
#undef COMPARE
  __u64 comm[2];
  __builtin_memcpy(comm, task->comm, sizeof comm);
  if (seen->comm[0] != comm[0] || seen->comm[1] != comm[1]) return false;
  if (task->pid == task->tgid) return true;
  __builtin_memcpy(comm, task->group_leader->comm, sizeof comm);
  return seen->process_comm[0] == comm[0] && seen->process_comm[1] == comm[1];
}

static __always_inline void see(struct identity_seen *seen, struct task_struct *task) {
#define STORE(member, value) seen->member = (__u64)(value);
  FOR_EACH_SEEN(STORE)
#undef STORE
  __builtin_memcpy(seen->comm, task->comm, sizeof seen->comm);
  __builtin_memcpy(seen->process_comm, task->group_leader->comm, sizeof seen->process_comm);
}

#define TASK_OF_KERNEL 0x00200000

// Sends what the current process executes; gives its identity, 0 when there was no room. `filename` is the address of
// the path that `execve` was given, 0 when the call was not seen.
__noinline __u64 define_image(__u64 now, __u64 filename) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (!ring_has_room(ring, 24 * 1024, true)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return 0;
  }
  __u64 identity = next_identity(ring);
  struct reel_image *image = (void *)record_at(ring, 0);
  __u64 offset = sizeof *image;
  __builtin_memset(image, 0, sizeof *image);
  image->record.kind = REEL_RECORD_IMAGE;
  image->record.time = now;
  image->identity = identity;

  struct mm_struct *mm = BPF_CORE_READ(task, mm);
  struct file *file = mm ? BPF_CORE_READ(mm, exe_file) : 0;
  __u32 path_length = 0, arguments_length = 0, flags = 0, path_flags = 0, filename_length = 0;
  if (!mm) flags |= task->flags & TASK_OF_KERNEL ? REEL_IMAGE_KERNEL : REEL_IMAGE_UNREADABLE;
  if (file) {
    struct inode *inode = BPF_CORE_READ(file, f_inode);
    image->inode = BPF_CORE_READ(inode, i_ino);
    image->device = BPF_CORE_READ(inode, i_sb, s_dev);
    if (bpf_core_field_exists(inode->i_ctime_sec)) {
      image->change_time = BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ll + BPF_CORE_READ(inode, i_ctime_nsec);
      image->modification_time =
          BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ll + BPF_CORE_READ(inode, i_mtime_nsec);
    } else if (bpf_core_field_exists(((struct inode___old_times *)0)->i_ctime)) {
      struct inode___old_times *old = (void *)inode;
      image->change_time = BPF_CORE_READ(old, i_ctime.tv_sec) * 1000000000ll + BPF_CORE_READ(old, i_ctime.tv_nsec);
      image->modification_time =
          BPF_CORE_READ(old, i_mtime.tv_sec) * 1000000000ll + BPF_CORE_READ(old, i_mtime.tv_nsec);
    } else {
      struct inode___middle_times *middle = (void *)inode;
      image->change_time =
          BPF_CORE_READ(middle, __i_ctime.tv_sec) * 1000000000ll + BPF_CORE_READ(middle, __i_ctime.tv_nsec);
      image->modification_time =
          BPF_CORE_READ(middle, i_mtime.tv_sec) * 1000000000ll + BPF_CORE_READ(middle, i_mtime.tv_nsec);
    }
    long end = put_path((__u64)BPF_CORE_READ(file, f_path.dentry), (__u64)BPF_CORE_READ(file, f_path.mnt), offset);
    if (end > 0) {
      path_flags = (__u64)end >> 32;
      path_length = ((__u32)end - offset) & REEL_RECORD_MASK;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  if (mm) {
    __u64 start = BPF_CORE_READ(mm, arg_start);
    __u64 length = BPF_CORE_READ(mm, arg_end) - start;
    if (length > 8192) {
      length = 8192;
      flags |= REEL_IMAGE_TRUNCATED;
    }
    offset &= REEL_RECORD_MASK;
    if (bpf_probe_read_user(record_at(ring, offset), length & 16383, (void *)start) == 0) {
      arguments_length = length;
      offset = (offset + (length & 16383)) & REEL_RECORD_MASK;
    } else {
      flags |= REEL_IMAGE_UNREADABLE;
    }
  }
  if (filename) {
    offset &= REEL_RECORD_MASK;
    long length = bpf_probe_read_kernel_str(record_at(ring, offset), 4096, (void *)filename);
    if (length > 1) {
      filename_length = length - 1;
      offset = (offset + (length & 8191)) & REEL_RECORD_MASK;
    }
  }
  image = (void *)record_at(ring, 0);
  image->filename_length = filename_length;
  image->path_length = path_length;
  image->path_flags = path_flags;
  image->arguments_length = arguments_length;
  image->flags = flags;
  image->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));
  return identity;
}

static __always_inline __u32 number_in(struct pid *pid) {
  if (!pid) return 0;
  unsigned int level = BPF_CORE_READ(pid, level);
  struct upid *at = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
                    (__u64)(level & 31) * bpf_core_type_size(struct upid);
  return BPF_CORE_READ(at, nr);
}

static __always_inline __u32 global_number(struct pid *pid) {
  return pid ? BPF_CORE_READ(pid, numbers[0].nr) : 0;
}

// Sends the current thread as it is now; gives the version's identity, 0 when there was no room.
__noinline __u64 define_thread(__u64 now, __u64 image_identity) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (!ring_has_room(ring, 32 * 1024, true)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return 0;
  }
  __u64 identity = next_identity(ring);
  struct reel_thread *thread = (void *)record_at(ring, 0);
  __u64 offset = sizeof *thread;
  thread->record.kind = REEL_RECORD_THREAD;
  thread->record.flags = 0;
  thread->record.time = now;
  thread->identity = identity;
  thread->image = image_identity;
  thread->start_time = task->start_boottime;
  thread->process_start_time = task->group_leader->start_boottime;
  thread->parent_start_time = task->real_parent->group_leader->start_boottime;
  thread->tid = task->pid;
  thread->pid = task->tgid;
  thread->parent_pid = task->real_parent->tgid;
  thread->task_flags = task->flags;
  __builtin_memcpy(thread->comm, task->comm, 16);
  __builtin_memcpy(thread->process_comm, task->group_leader->comm, 16);

  struct pid *thread_pid = BPF_CORE_READ(task, thread_pid);
  struct signal_struct *signal = BPF_CORE_READ(task, signal);
  thread->virtual_tid = number_in(thread_pid);
  thread->virtual_pid = number_in(BPF_CORE_READ(signal, pids[1]));
  thread->process_group = global_number(BPF_CORE_READ(signal, pids[2]));
  thread->session = global_number(BPF_CORE_READ(signal, pids[3]));
  thread->virtual_process_group = number_in(BPF_CORE_READ(signal, pids[2]));
  thread->virtual_session = number_in(BPF_CORE_READ(signal, pids[3]));
  thread->descriptor_limit = BPF_CORE_READ(signal, rlim[7].rlim_cur);
  struct tty_struct *tty = BPF_CORE_READ(signal, tty);
  __u32 terminal = 0;
  if (tty) {
    struct tty_driver *driver = BPF_CORE_READ(tty, driver);
    __u32 minor = BPF_CORE_READ(driver, minor_start) + BPF_CORE_READ(tty, index);
    // The layout of a device number in user space: minor bits 0-7 and 20-31, major between them.
    terminal = (minor & 0xFF) | (__u32)BPF_CORE_READ(driver, major) << 8 | (minor & ~0xFFu) << 12;
  }
  thread->tty = terminal;

  struct cred *cred = (void *)BPF_CORE_READ(task, cred);
  thread->uid = BPF_CORE_READ(cred, uid.val);
  thread->effective_uid = BPF_CORE_READ(cred, euid.val);
  thread->saved_uid = BPF_CORE_READ(cred, suid.val);
  thread->filesystem_uid = BPF_CORE_READ(cred, fsuid.val);
  thread->gid = BPF_CORE_READ(cred, gid.val);
  thread->effective_gid = BPF_CORE_READ(cred, egid.val);
  thread->saved_gid = BPF_CORE_READ(cred, sgid.val);
  thread->filesystem_gid = BPF_CORE_READ(cred, fsgid.val);
  // One 64-bit number in new kernels, two 32-bit ones in old: the same bytes.
  bpf_core_read(&thread->capabilities_inheritable, 8, &cred->cap_inheritable);
  bpf_core_read(&thread->capabilities_permitted, 8, &cred->cap_permitted);
  bpf_core_read(&thread->capabilities_effective, 8, &cred->cap_effective);
  thread->user_namespace = BPF_CORE_READ(cred, user_ns, ns.inum);
  thread->login_uid = bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : ~0u;

  struct nsproxy *namespaces = BPF_CORE_READ(task, nsproxy);
  thread->mount_namespace = BPF_CORE_READ(namespaces, mnt_ns, ns.inum);
  thread->net_namespace = BPF_CORE_READ(namespaces, net_ns, ns.inum);
  thread->uts_namespace = BPF_CORE_READ(namespaces, uts_ns, ns.inum);
  thread->ipc_namespace = BPF_CORE_READ(namespaces, ipc_ns, ns.inum);
  thread->cgroup_namespace = BPF_CORE_READ(namespaces, cgroup_ns, ns.inum);
  __u32 level = BPF_CORE_READ(thread_pid, level);
  struct upid *own = (void *)thread_pid + bpf_core_field_offset(struct pid, numbers) +
                     (__u64)(level & 31) * bpf_core_type_size(struct upid);
  thread->pid_namespace = BPF_CORE_READ(own, ns, ns.inum);

  __u32 length = 0, flags = REEL_PATH_ABSENT;
  struct fs_struct *fs = BPF_CORE_READ(task, fs);
  if (fs) {
    long end = put_path((__u64)BPF_CORE_READ(fs, pwd.dentry), (__u64)BPF_CORE_READ(fs, pwd.mnt), offset);
    if (end > 0) {
      flags = (__u64)end >> 32;
      length = ((__u32)end - offset) & REEL_RECORD_MASK;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  thread = (void *)record_at(ring, 0);
  thread->working_directory_length = length;
  thread->path_flags = flags;

  struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
  thread->cgroup_id = BPF_CORE_READ(node, id);
  long end = put_cgroup((__u64)node, offset);
  length = 0;
  if (end > 0) {
    length = ((__u32)end - offset) & REEL_RECORD_MASK;
    offset = (__u32)end & REEL_RECORD_MASK;
  }
  thread = (void *)record_at(ring, 0);
  thread->cgroup_length = length;
  thread->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));
  return identity;
}

// The version of the current thread, defined anew when it is not what it was.
static __always_inline __u64 thread_version(struct task_struct *task, struct task_slot *slot, __u64 now) {
  __u32 wanted = (__u32)current_generation();
  if (slot->version && slot->generation == wanted && is_as_seen(&slot->seen, task)) return slot->version;
  if (slot->seen.exec_id != task->self_exec_id || slot->generation != wanted || !slot->image) {
    __u64 image = define_image(now, 0);
    if (!image) return 0;
    slot->image = image;
  }
  __u64 version = define_thread(now, slot->image);
  if (!version) return 0;
  slot->version = version;
  slot->generation = wanted;
  see(&slot->seen, task);
  return version;
}

#endif
