// Paths as the kernel's directory entries say, leaf first.
#ifndef REEL_PATH_H
#define REEL_PATH_H

#include "cgroup.h"
#include "ring.h"

static __always_inline __u64 mix(__u64 state, __u64 value) {
  return (state ^ value) * 0x9E3779B97F4A7C15ull;
}

static __always_inline struct mount *mount_of(struct vfsmount *vfsmount) {
  return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline struct vfsmount *vfsmount_of(struct mount *mount) {
  return (void *)mount + bpf_core_field_offset(struct mount, mnt);
}

// Where a walk from an entry towards the root is.
struct path_walk {
  struct dentry *dentry;
  struct vfsmount *vfsmount;
};

// A name, with the walk now at the entry above it; a mount that was crossed; the root of everything; or the single entry
// of something without a path (a pipe, a socket, an anonymous inode).
enum path_step { PATH_STEP_NAME, PATH_STEP_MOUNT, PATH_STEP_ROOT, PATH_STEP_ALONE };

// Says what comes next on the way up.
static __always_inline enum path_step path_step(struct path_walk *walk) {
  struct dentry *parent = READ(walk->dentry, d_parent);
  if (walk->vfsmount) {
    struct dentry *mount_root = READ(walk->vfsmount, mnt_root);
    if (walk->dentry == mount_root) {
      struct mount *mount = mount_of(walk->vfsmount);
      struct mount *above = READ(mount, mnt_parent);
      if (above == mount) return PATH_STEP_ROOT;
      walk->dentry = READ(mount, mnt_mountpoint);
      walk->vfsmount = vfsmount_of(above);
      return PATH_STEP_MOUNT;
    }
  }
  if (parent == walk->dentry) return PATH_STEP_ALONE;
  walk->dentry = parent;
  return PATH_STEP_NAME;
}

// Takes one step into the number that stands for a path; see path_print.
static __always_inline __u64 fold_path(__u64 print, enum path_step step, struct dentry *named, struct vfsmount *vfsmount) {
  __u64 part = step == PATH_STEP_NAME ? READ(named, d_name.hash_len) : (__u64)READ(mount_of(vfsmount), mnt_id);
  print = mix(print, part);
  return print ^ print >> 31;
}

// A walk that folds what it meets into a number.
struct path_folder {
  struct path_walk walk;
  __u64 print;
};

static long fold_step(__u32 index, struct path_folder *folder) {
  struct dentry *named = folder->walk.dentry;
  struct vfsmount *vfsmount = folder->walk.vfsmount;
  enum path_step step = path_step(&folder->walk);
  if (step == PATH_STEP_ROOT || step == PATH_STEP_ALONE) return 1;
  folder->print = fold_path(folder->print, step, named, vfsmount);
  return 0;
}

// A walk that writes what it meets. The addresses are those of entries and mounts; loops run as calls of a step (`bpf_loop`),
// which the verifier checks once, however far the walk may go.
struct path_writer {
  struct path_folder folder;
  struct dentry *root;
  struct vfsmount *root_mount;
  __u32 offset;
  __u16 ring_number;
  bool reached;
};

// Appends the name of an entry and its NUL to the record.
static __always_inline void put_name(struct path_writer *writer, struct dentry *named) {
  struct reel_ring *ring = ring_numbered(writer->ring_number);
  if (!ring) return;
  __u64 length = READ(named, d_name.hash_len) >> 32 & 255;
  __u64 offset = writer->offset & REEL_RECORD_MASK;
  if (bpf_probe_read_kernel(record_at(ring, offset), length, READ(named, d_name.name)) != 0) length = 0;
  *record_at(ring, offset + length) = 0;
  writer->offset = offset + length + 1;
}

static long write_step(__u32 index, struct path_writer *writer) {
  struct path_walk *walk = &writer->folder.walk;
  struct dentry *named = walk->dentry;
  struct vfsmount *vfsmount = walk->vfsmount;
  if (named == writer->root && vfsmount == writer->root_mount) {
    writer->reached = true;
    return 1;
  }
  enum path_step step = path_step(walk);
  if (step == PATH_STEP_NAME || (step == PATH_STEP_ALONE && index == 0)) put_name(writer, named);
  if (step == PATH_STEP_ROOT || step == PATH_STEP_ALONE) {
    writer->reached = true;
    return 1;
  }
  writer->folder.print = fold_path(writer->folder.print, step, named, vfsmount);
  return 0;
}

// Writes the components from an entry up to a task's root, or to the root of its mount namespace. Returns the new
// offset in the low 32 bits and REEL_PATH_* above them, or a negative number. What path_print gives for the entry is in the
// ring's head then.
//
// A global function: the verifier checks it once by itself. It takes plain numbers and finds the ring itself.
__noinline long put_path(__u32 ring_number, __u64 task_address, __u64 dentry_address, __u64 mount_address,
                         __u64 offset) {
  struct task_struct *task = (void *)task_address;
  struct fs_struct *fs = READ(task, fs);
  struct path_writer writer = {
      .folder = {.walk = {.dentry = (void *)dentry_address, .vfsmount = (void *)mount_address}, .print = 1},
      .offset = offset & REEL_RECORD_MASK,
      .ring_number = ring_number,
  };
  if (fs) {
    writer.root = READ(fs, root.dentry);
    writer.root_mount = READ(fs, root.mnt);
  }
  __u64 flags = 0;
  // A removed file keeps its entry, taken out of the table of names. The root of a file system is never in it.
  struct dentry *entry = writer.folder.walk.dentry;
  if (READ(entry, d_hash.pprev) == 0 && READ(entry, d_parent) != entry) flags |= REEL_PATH_DELETED;
  if (bpf_loop(REEL_PATH_DEPTH, write_step, &writer, 0) < 0) return -1;
  if (!writer.reached) flags |= REEL_PATH_TRUNCATED;
  // From the task's root to the root of everything.
  if (writer.reached) bpf_loop(REEL_PATH_DEPTH, fold_step, &writer.folder, 0);
  struct reel_ring *ring = ring_numbered(ring_number);
  if (ring) ring->path_print = writer.folder.print;
  return (long)((writer.offset & REEL_RECORD_MASK) | flags << 32);
}

// A number for the whole path from an entry to the root of everything: it changes when any directory on the way is
// renamed, moved, or mounted elsewhere. The kernel salts the hash of a name with the directory that holds it.
__noinline __u64 path_print(__u64 dentry_address, __u64 mount_address) {
  struct path_folder folder = {
      .walk = {.dentry = (void *)dentry_address, .vfsmount = (void *)mount_address},
      .print = 1,
  };
  bpf_loop(REEL_PATH_DEPTH, fold_step, &folder, 0);
  return folder.print;
}

// Writes the components of a cgroup's path, leaf first.
__noinline long put_cgroup(__u32 ring_number, __u64 node_address, __u64 offset) {
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!ring) return -1;
  struct kernfs_node *node = (void *)node_address;
  offset &= REEL_RECORD_MASK;
  for (int depth = 0; depth < 24; depth++) {
    if (!node) break;
    struct kernfs_node *parent = parent_of_node(node);
    if (!parent) break;
    const char *name = READ(node, name);
    offset &= REEL_RECORD_MASK;
    long length = bpf_probe_read_kernel_str(record_at(ring, offset), 255, name);
    if (length <= 0) break;
    offset = (offset + (length & 255)) & REEL_RECORD_MASK;
    node = parent;
  }
  return (long)offset;
}

#endif
