// What is executed: versions of images.
#ifndef REEL_IMAGE_H
#define REEL_IMAGE_H

#include "path.h"
#include "task.h"

#define TASK_OF_KERNEL 0x00200000

#define OVERLAY_MAGIC 0x794c7630
#define SUPER_BLOCK_READ_ONLY 1
#define INODE_IMMUTABLE 8
#define MOUNT_READ_ONLY 0x40
#define CAPABILITY_DAC_OVERRIDE 1
// Since Linux 6.13 the bit above says that somebody has asked for the time.
#define NANOSECONDS 0x7FFFFFFF

// Which layer of an overlay file system a file is on; 0 for any other file system. The overlay keeps the entry on the
// upper layer right behind its inode.
static __always_inline __u32 overlay_layer(struct inode *inode, __u32 upper, __u32 lower) {
  if (READ(inode, i_sb, s_magic) != OVERLAY_MAGIC) return 0;
  // Any structure that begins with a 64-bit number serves to load the address.
  struct qstr *upper_entry = (void *)inode + bpf_core_type_size(struct inode);
  return READ(upper_entry, hash_len) ? upper : lower;
}

// Whether a task may write to a file, by owner, mode, capability, and what is read-only. Access lists and further groups
// are not looked at.
static __always_inline bool may_write(struct task_struct *task, struct inode *inode, struct vfsmount *vfsmount) {
  if (READ(inode, i_sb, s_flags) & SUPER_BLOCK_READ_ONLY || READ(inode, i_flags) & INODE_IMMUTABLE) return false;
  if (vfsmount && READ(vfsmount, mnt_flags) & MOUNT_READ_ONLY) return false;
  struct cred *cred = READ(task, cred);
  __u16 mode = READ(inode, i_mode);
  __u16 needed = READ(cred, fsuid.val) == READ(inode, i_uid.val)   ? 0200
                 : READ(cred, fsgid.val) == READ(inode, i_gid.val) ? 0020
                                                                   : 0002;
  return mode & needed || CAPABILITIES(READ, cred, cap_effective) >> CAPABILITY_DAC_OVERRIDE & 1;
}

static __always_inline void put_inode_times(struct reel_image *image, struct inode *inode) {
  if (bpf_core_field_exists(inode->i_ctime_sec)) {
    image->change_time = READ(inode, i_ctime_sec) * 1000000000ll + (READ(inode, i_ctime_nsec) & NANOSECONDS);
    image->modification_time = READ(inode, i_mtime_sec) * 1000000000ll + READ(inode, i_mtime_nsec);
  } else if (bpf_core_field_exists(((struct inode___old_times *)0)->i_ctime)) {
    struct inode___old_times *old = (void *)inode;
    image->change_time = READ(old, i_ctime.tv_sec) * 1000000000ll + READ(old, i_ctime.tv_nsec);
    image->modification_time = READ(old, i_mtime.tv_sec) * 1000000000ll + READ(old, i_mtime.tv_nsec);
  } else {
    struct inode___middle_times *middle = (void *)inode;
    image->change_time = READ(middle, __i_ctime.tv_sec) * 1000000000ll + READ(middle, __i_ctime.tv_nsec);
    image->modification_time = READ(middle, i_mtime.tv_sec) * 1000000000ll + READ(middle, i_mtime.tv_nsec);
  }
}

// Copies a piece of the current task's memory; gives how many bytes it has now.
static __always_inline __u32 put_area(struct reel_ring *ring, __u64 offset, __u64 start, __u64 end, __u32 *flags,
                                      __u32 truncated) {
  __u64 length = end - start;
  if (length > REEL_IMAGE_AREA) {
    length = REEL_IMAGE_AREA;
    *flags |= truncated;
  }
  offset &= REEL_RECORD_MASK;
  length &= 2 * REEL_IMAGE_AREA - 1;
  if (length && bpf_probe_read_user(record_at(ring, offset), length, (void *)start) != 0) {
    *flags |= REEL_IMAGE_UNREADABLE;
    return 0;
  }
  return length;
}

// Sends what a task executes; gives its identity, 0 when there was no room. `filename` is the address of the path that
// `execve` was given, 0 when the call was not seen. The memory of another task than the current one is not read.
__noinline __u64 define_image(__u32 ring_number, __u64 task_address, __u64 now, __u64 filename) {
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!ring) return 0;
  struct task_struct *task = (void *)task_address;
  if (!ring_has_room(ring, sizeof(struct reel_image) + 3 * REEL_IMAGE_AREA + 4096, true)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return 0;
  }
  __u64 identity = next_identity(ring, ring_number);
  struct reel_image *image = (void *)record_at(ring, 0);
  __u64 offset = sizeof *image;
  __builtin_memset(image, 0, sizeof *image);
  image->record.kind = REEL_RECORD_IMAGE;
  image->record.time = now;
  image->identity = identity;
  image->pid = READ(task, tgid);

  struct mm_struct *mm = READ(task, mm);
  struct file *file = mm ? READ(mm, exe_file) : 0;
  __u32 flags = 0;
  if (!mm) flags |= READ(task, flags) & TASK_OF_KERNEL ? REEL_IMAGE_KERNEL : REEL_IMAGE_UNREADABLE;
  if (file) {
    struct inode *inode = READ(file, f_inode);
    struct dentry *dentry = READ(file, f_path.dentry);
    struct vfsmount *vfsmount = READ(file, f_path.mnt);
    image->inode = READ(inode, i_ino);
    image->device = READ(inode, i_sb, s_dev);
    put_inode_times(image, inode);
    flags |= overlay_layer(inode, REEL_IMAGE_UPPER_LAYER, REEL_IMAGE_LOWER_LAYER);
    if (may_write(task, inode, vfsmount)) flags |= REEL_IMAGE_WRITABLE;
    __u64 entry = as_number(&ring->scratch, dentry);
    long end = put_path(ring_number, task_address, entry, as_number(&ring->scratch, vfsmount), offset);
    if (end > 0) {
      image->path_flags = (__u64)end >> 32;
      image->path_length = ((__u32)end - offset) & REEL_RECORD_MASK;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  if (mm && task_address != bpf_get_current_task()) {
    flags |= REEL_IMAGE_FOREIGN;
  } else if (mm) {
    __u32 length = put_area(ring, offset, READ(mm, arg_start), READ(mm, arg_end), &flags, REEL_IMAGE_TRUNCATED);
    image->arguments_length = length;
    offset = (offset + (length & (2 * REEL_IMAGE_AREA - 1))) & REEL_RECORD_MASK;
    if (settings.environment) {
      length = put_area(ring, offset, READ(mm, env_start), READ(mm, env_end), &flags, REEL_IMAGE_ENVIRONMENT_TRUNCATED);
      image->environment_length = length;
      offset = (offset + (length & (2 * REEL_IMAGE_AREA - 1))) & REEL_RECORD_MASK;
    }
  }
  if (filename) {
    offset &= REEL_RECORD_MASK;
    long length = bpf_probe_read_kernel_str(record_at(ring, offset), 4096, (void *)filename);
    if (length > 1) {
      image->filename_length = length - 1;
      offset = (offset + (length & 8191)) & REEL_RECORD_MASK;
    }
  }
  image->flags = flags;
  image->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));
  return identity;
}

#endif
