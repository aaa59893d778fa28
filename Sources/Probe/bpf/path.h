// Paths as the kernel's directory entries say, leaf first.
#ifndef REEL_PATH_H
#define REEL_PATH_H

#include "ring.h"

// Appends one component and its NUL to the record; gives the new offset.
static __always_inline __u64 put_component(struct reel_ring *ring, __u64 offset, const void *name, __u32 length) {
  length &= 255;
  offset &= REEL_RECORD_MASK;
  if (bpf_probe_read_kernel(record_at(ring, offset), length, name) != 0) length = 0;
  *record_at(ring, offset + length) = 0;
  return (offset + length + 1) & REEL_RECORD_MASK;
}

// Writes the components from an entry up to the task's root, or to the root of its mount namespace. Returns the new
// offset in the low 32 bits and REEL_PATH_* above them, or a negative number.
//
// A global function: the verifier checks it once by itself. It takes plain numbers and finds the ring itself.
__noinline long put_path(__u64 dentry_address, __u64 mount_address, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return -1;
  struct task_struct *task = (void *)bpf_get_current_task();
  struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
  struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
  struct dentry *dentry = (void *)dentry_address;
  struct vfsmount *vfsmount = (void *)mount_address;
  __u64 flags = 0;
  bool reached = false;
  offset &= REEL_RECORD_MASK;

  // A removed file keeps its entry, taken out of the table of names. The root of a file system is never in it.
  if (BPF_CORE_READ(dentry, d_hash.pprev) == 0 && BPF_CORE_READ(dentry, d_parent) != dentry)
    flags |= REEL_PATH_DELETED;

  for (int depth = 0; depth < REEL_PATH_DEPTH; depth++) {
    if (dentry == root && vfsmount == root_mount) {
      reached = true;
      break;
    }
    struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
    struct dentry *mount_root = BPF_CORE_READ(vfsmount, mnt_root);
    if (dentry == mount_root || parent == dentry) {
      struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
      struct mount *above = BPF_CORE_READ(mount, mnt_parent);
      if (!vfsmount || above == mount || dentry != mount_root) {
        // The root of everything, or the single entry of something without a path (a pipe, a socket, an anonymous inode).
        if (depth == 0) {
          struct qstr name = BPF_CORE_READ(dentry, d_name);
          offset = put_component(ring, offset, name.name, name.len);
        }
        reached = true;
        break;
      }
      dentry = BPF_CORE_READ(mount, mnt_mountpoint);
      vfsmount = (void *)above + bpf_core_field_offset(struct mount, mnt);
      continue;
    }
    struct qstr name = BPF_CORE_READ(dentry, d_name);
    offset = put_component(ring, offset, name.name, name.len);
    dentry = parent;
  }
  if (!reached) flags |= REEL_PATH_TRUNCATED;
  return (long)(offset | flags << 32);
}

// Writes the components of a cgroup's path, leaf first.
__noinline long put_cgroup(__u64 node_address, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return -1;
  struct kernfs_node *node = (void *)node_address;
  offset &= REEL_RECORD_MASK;
  for (int depth = 0; depth < 24; depth++) {
    if (!node) break;
    struct kernfs_node *parent;
    if (bpf_core_field_exists(((struct kernfs_node___renamed *)0)->__parent)) {
      parent = BPF_CORE_READ((struct kernfs_node___renamed *)node, __parent);
    } else {
      parent = BPF_CORE_READ(node, parent);
    }
    if (!parent) break;
    const char *name = BPF_CORE_READ(node, name);
    offset &= REEL_RECORD_MASK;
    long length = bpf_probe_read_kernel_str(record_at(ring, offset), 255, name);
    if (length <= 0) break;
    offset = (offset + (length & 255)) & REEL_RECORD_MASK;
    node = parent;
  }
  return (long)offset;
}

#endif
