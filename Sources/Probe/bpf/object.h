// What: versions of the things that descriptors point to.
//
// Found through a few slots in the task's own state, then by the open file, whose name is the one that it was opened by,
// then by directory entry, mount and requested path, else defined anew. Entries and inodes are reused by the kernel, and
// names change: a slot or map entry counts only while the inode, its number and generation, the hash of the entry's name
// (which the kernel salts with the parent directory), whether it still has that name, the path above it and, for sockets,
// addresses and stage are what they were.
#ifndef REEL_OBJECT_H
#define REEL_OBJECT_H

#include "identity.h"
#include "socket.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFCHR 0020000
#define S_IFBLK 0060000

// Device numbers of the memory devices whose bytes say nothing: null 3, zero 5, full 7, random 8, urandom 9.
#define MEMORY_MAJOR 1
#define POINTLESS_MINORS (1u << 3 | 1u << 5 | 1u << 7 | 1u << 8 | 1u << 9)

// The address of the file behind a descriptor of the current task; 0 when it is not open.
static __always_inline __u64 file_of(struct task_struct *task, __u32 descriptor) {
  struct files_struct *files = PLAIN(task)->files;
  if (!files) return 0;
  struct fdtable *table = files->fdt;
  if (descriptor >= table->max_fds) return 0;
  const void *address = (const void *)table->fd + (__u64)descriptor * 8;
  __u64 file = 0;
  if (bpf_rdonly_cast) {
    // Any structure that begins with a 64-bit number serves to load one element of the table without a helper call.
    const struct qstr *element = bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct qstr));
    file = element->hash_len;
  } else {
    bpf_probe_read_kernel(&file, sizeof file, address);
  }
  return file;
}

// A number that an inode and its address alone do not give: a file that is made after another was removed may get both.
static __always_inline __u64 inode_identity(struct inode *inode) {
  return READ(inode, i_ino) + ((__u64)READ(inode, i_generation) << 32);
}

// What is compared of an open file besides its address and that of its inode, as far as its entry and inode say.
static __always_inline __u64 entry_fingerprint(struct file *file, struct inode *inode) {
  struct dentry *dentry = READ(file, f_path.dentry);
  __u64 print = mix(READ(dentry, d_name.hash_len), inode_identity(inode) + ((__u64)READ(file, f_flags) << 20));
  return READ(dentry, d_hash.pprev) ? print : ~print;
}

// What else must be compared: nothing for a file that stands in a directory and on one layer, as most do. The first
// number is that of `entry_fingerprint`.
static __always_inline __u64 file_fingerprint(__u64 print, __u64 *scratch, __u64 address, struct file *file,
                                              struct inode *inode) {
  struct dentry *dentry = READ(file, f_path.dentry);
  // Things without a name share one inode: what they are is told by what they do, and with which data.
  if (!READ(dentry, d_hash.pprev) && !READ(dentry, d_name.hash)) {
    print = mix(print, as_number(scratch, READ(file, f_op)));
    print = mix(print, as_number(scratch, READ(file, private_data)));
  }
  // A file that is written to moves to the upper layer of its overlay.
  print ^= overlay_layer(inode, 1, 2);
  if ((READ(inode, i_mode) & S_IFMT) == S_IFSOCK) print ^= socket_fingerprint(address);
  return print;
}

#define AT_CURRENT_DIRECTORY (-100)

// Keeps the directory that a path is looked up from.
static __always_inline void take_directory(struct request *request, struct task_struct *task, long descriptor) {
  request->directory = 0;
  request->directory_mount = 0;
  if (descriptor == AT_CURRENT_DIRECTORY) {
    struct fs_struct *fs = READ(task, fs);
    request->directory = (__u64)READ(fs, pwd.dentry);
    request->directory_mount = (__u64)READ(fs, pwd.mnt);
  } else if (descriptor >= 0) {
    struct file *file = (void *)file_of(bpf_get_current_task_btf(), descriptor);
    if (!file) return;
    request->directory = (__u64)READ(file, f_path.dentry);
    request->directory_mount = (__u64)READ(file, f_path.mnt);
  }
}

// A number for the root that names are seen from.
static __always_inline __u64 view_of(struct reel_ring *ring, struct task_struct *task) {
  struct fs_struct *fs = READ(task, fs);
  return fs ? as_number(&ring->scratch, READ(fs, root.dentry)) : 0;
}

// A number for the path that stands in the request, and for what it is relative to.
static __always_inline __u64 fold_request(struct reel_ring *ring, struct request *request, __u32 bytes, long descriptor) {
  request->length = bytes;
  // Whole words are folded: what an earlier path left behind this one must not count.
  *(__u64 *)(request->path + bytes) = 0;
  __u64 folded = bytes;
  for (__u32 offset = 0; offset < REQUEST_ROOM; offset += 8) {
    if (offset >= bytes) break;
    folded = mix(folded, *(__u64 *)(request->path + (offset & (REQUEST_ROOM - 1))));
    folded ^= folded >> 29;
  }
  struct task_struct *task = bpf_get_current_task_btf();
  folded = mix(folded, view_of(ring, task));
  if (request->path[0] != '/') {
    take_directory(request, task, descriptor);
    folded = mix(folded, *(volatile __u64 *)&request->directory);
    folded = mix(folded, *(volatile __u64 *)&request->directory_mount);
  }
  return folded | 1ull << 63 | 1;
}

// Keeps the path of an open and gives a number for it and for what it is relative to; 0 when it cannot be read.
__noinline __u64 take_request(__u64 pointer, long descriptor) {
  struct request *request = own_request();
  struct reel_ring *ring = own_ring();
  if (!request || !ring) return 0;
  long length = bpf_probe_read_user_str(request->path, REQUEST_ROOM, (const void *)pointer);
  if (length <= 1 || length >= REQUEST_ROOM) return 0;
  return fold_request(ring, request, (length - 1) & (REQUEST_ROOM - 1), descriptor);
}

static __always_inline bool is_nameless(struct dentry *dentry, struct inode *inode) {
  return !READ(dentry, d_name.hash) && (READ(inode, i_mode) & S_IFMT) != S_IFSOCK;
}

// Sockets, pipes without a name and other things that are in no directory have an entry of their own.
static __always_inline bool has_path(struct dentry *dentry) {
  return READ(dentry, d_parent) != dentry || READ(dentry, d_hash.pprev);
}

static __always_inline bool take_source(struct reel_ring *ring, struct object_source *source, struct object_key *key,
                                        __u64 file_address) {
  source->file = (void *)file_address;
  struct dentry *dentry = READ(source->file, f_path.dentry);
  source->inode = READ(source->file, f_inode);
  if (!dentry || !source->inode) return false;
  key->dentry = as_number(&ring->scratch, dentry);
  key->mount = as_number(&ring->scratch, READ(source->file, f_path.mnt));
  return true;
}

// Things without a name share one inode, and the next one may get the entry of the last: they are known by all of them.
static __always_inline bool is_same_thing(struct object_entry *entry, struct object_entry *known) {
  return entry->inode == known->inode && entry->inode_number == known->inode_number &&
         (!entry->is_nameless || entry->fingerprint == known->fingerprint);
}

// The number that all versions and names of one thing share: made from what the kernel knows it by, so that it needs no
// memory: the file system's upper bits and the inode's lower ones, so that of many files next to each other only some bytes
// differ, and a capture keeps few. Things without a name have that of their first version.
static __always_inline __u64 thing_of(struct object_entry *entry, struct inode *inode) {
  if (entry->is_nameless) return entry->object & ~REEL_OBJECT_WITHOUT_PAYLOAD;
  __u64 file_system = mix(1, READ(inode, i_sb, s_dev)) >> 44 | 1;
  return (file_system << 43 ^ entry->inode_number) & ~REEL_OBJECT_WITHOUT_PAYLOAD;
}

// Writes the record of an object, and notes in its entry what its path is known by. `request`: what it was opened by stands in this CPU's request.
static __always_inline void put_object(struct reel_ring *ring, __u32 ring_number, __u64 task_address,
                                       struct object_source *source, struct object_key *key, struct object_entry *entry,
                                       __u64 now, bool has_request) {
  struct inode *inode = source->inode;
  __u16 mode = READ(inode, i_mode);
  bool is_device = (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
  struct reel_object *object = (void *)record_at(ring, 0);
  __u64 offset = sizeof *object;
  __builtin_memset(object, 0, sizeof *object);
  object->record.kind = REEL_RECORD_OBJECT;
  object->record.time = now;
  object->identity = entry->object;
  object->thing = entry->thing;
  object->name = entry->name;
  object->inode = READ(inode, i_ino);
  object->mode = mode;
  object->device = is_device ? READ(inode, i_rdev) : READ(inode, i_sb, s_dev);
  object->filesystem = READ(inode, i_sb, s_magic);
  object->flags = overlay_layer(inode, REEL_OBJECT_UPPER_LAYER, REEL_OBJECT_LOWER_LAYER);
  object->open_flags = READ(source->file, f_flags);
  object->role = entry->role;
  if (key->mount) object->mount_id = READ(mount_of((struct vfsmount *)key->mount), mnt_id);
  __u32 path_flags = 0, request_length = 0, directory_length = 0;
  if ((mode & S_IFMT) == S_IFSOCK) {
    offset = put_socket(ring, object, source->file, offset);
    entry->path_print = path_print(key->dentry, key->mount);
  } else {
    long end = put_path(ring_number, task_address, key->dentry, key->mount, offset);
    entry->path_print = ring->path_print;
    if (end > 0) {
      path_flags = (__u64)end >> 32;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  __u32 path_length = (offset - sizeof *object) & REEL_RECORD_MASK;
  struct request *requested = has_request ? own_request() : 0;
  if (requested) {
    __u32 length = requested->length & (REQUEST_ROOM - 1);
    offset &= REEL_RECORD_MASK;
    if (bpf_probe_read_kernel(record_at(ring, offset), length, requested->path) == 0) {
      request_length = length;
      offset = (offset + length) & REEL_RECORD_MASK;
      if (requested->path[0] != '/') {
        long end = put_path(ring_number, task_address, requested->directory, requested->directory_mount, offset);
        if (end > 0) {
          directory_length = ((__u32)end - offset) & REEL_RECORD_MASK;
          offset = (__u32)end & REEL_RECORD_MASK;
        }
      }
    }
  }
  object = (void *)record_at(ring, 0);
  object->path_length = path_length;
  object->path_flags = path_flags;
  object->request_length = request_length;
  object->directory_length = directory_length;
  object->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));
}

// Whether the bytes of a thing say nothing.
static __always_inline bool is_pointless(struct inode *inode) {
  __u32 device = READ(inode, i_rdev);
  return (READ(inode, i_mode) & S_IFMT) == S_IFCHR && device >> 20 == MEMORY_MAJOR && (POINTLESS_MINORS >> (device & 31) & 1);
}

// Finds the object of an open file in the maps, or sends it; gives its identity, REEL_OBJECT_UNKNOWN when there was no
// room.
//
// `request` is what take_request gave, when the file has just been opened by that path; what stands in this CPU's request
// is its text then. For a socket that has just been connected or accepted it is its role.
__noinline __u64 define_object(__u64 file_address, __u64 fingerprint, __u64 now, __u64 request) {
  __u64 role = request <= REEL_ROLE_SERVER ? request : 0;
  if (role) request = 0;
  __u32 ring_number = own_ring_number();
  struct reel_ring *ring = ring_numbered(ring_number);
  struct request *room = own_request();
  if (!ring || !room) return 0;
  struct object_entry *entry = &room->entry;
  // Read before what they stand for: what changes meanwhile is noticed next time.
  entry->names_epoch = current_names_epoch();
  entry->generation = current_generation();
  struct object_source *source = &room->source;
  struct object_key *key = &room->key;
  if (!take_source(ring, source, key, file_address)) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  entry->inode = as_number(&ring->scratch, source->inode);
  entry->inode_number = inode_identity(source->inode);
  entry->fingerprint = fingerprint;
  entry->is_nameless = is_nameless((struct dentry *)key->dentry, source->inode);
  entry->role = role;
  // Opens that differ in flags are different versions, and take turns often.
  key->request = mix(request ? request : view_of(ring, task), READ(source->file, f_flags));
  struct object_entry *known = 0;
  bool was_opened = false;
  if (!request) {
    known = bpf_map_lookup_elem(&open_files, &file_address);
    if (known && !is_same_thing(entry, known)) known = 0;
    was_opened = known != 0;
  }
  if (!known && (request || has_path((struct dentry *)key->dentry))) {
    known = bpf_map_lookup_elem(&objects, key);
    if (known && !is_same_thing(entry, known)) known = 0;
  }
  if (known && !role) entry->role = known->role;
  if (known && known->fingerprint == fingerprint && known->generation == entry->generation && known->role == entry->role) {
    if (known->names_epoch != entry->names_epoch) {
      // Something was renamed or mounted; seldom what stands above this file.
      entry->path_print = path_print(key->dentry, key->mount);
      if (known->path_print == entry->path_print) known->names_epoch = entry->names_epoch;
    }
    if (known->names_epoch == entry->names_epoch) {
      if (request) {
        room->other = *known;
        bpf_map_update_elem(&open_files, &file_address, &room->other, BPF_ANY);
      }
      return known->object;
    }
  }

  if (!ring_has_room(ring, 32 * 1024, false)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    // What is known of the file that had this address before must not pass for this one.
    if (request) bpf_map_delete_elem(&open_files, &file_address);
    return REEL_OBJECT_UNKNOWN;
  }
  entry->object = next_identity(ring, ring_number);
  if (is_pointless(source->inode)) entry->object |= REEL_OBJECT_WITHOUT_PAYLOAD;
  // A rename changes what the directory entry is called, not what the file was opened by.
  entry->name = known && !request && known->name ? known->name : entry->object;
  entry->thing = known ? known->thing : thing_of(entry, source->inode);
  put_object(ring, ring_number, as_number(&ring->scratch, task), source, key, entry, now, request != 0);
  // What no path leads to is known by its open file alone.
  bool is_in_directory = has_path((struct dentry *)key->dentry);
  if (request || role || was_opened || !is_in_directory) bpf_map_update_elem(&open_files, &file_address, entry, BPF_ANY);
  if (!was_opened && is_in_directory) bpf_map_update_elem(&objects, key, entry, BPF_ANY);
  return entry->object;
}

// The object of a descriptor; 0 when it is not open, REEL_OBJECT_UNKNOWN when it could not be defined. `ring` is that of a
// program which has entered it already; without one it is entered here, where it is needed.
static __always_inline __u64 object_of(struct task_struct *task, struct task_slot *slot, __u32 descriptor, __u64 now,
                                       struct reel_ring *ring, __u64 request) {
  __u64 address = file_of(task, descriptor);
  if (!address) return 0;
  struct file *file = (void *)address;
  struct inode *inode = READ(file, f_inode);
  if (!inode || !READ(file, f_path.dentry)) return 0;
  __u64 plain = entry_fingerprint(file, inode);
  __u32 wanted = current_generation(), epoch = current_names_epoch();
  struct descriptor_slot *known = &slot->descriptors[descriptor & (DESCRIPTOR_SLOTS - 1)];
  bool is_known = !request && !(settings.alternatives & REEL_ALTERNATIVE_NO_DESCRIPTOR_SLOTS) &&
                  known->descriptor == descriptor && known->file == address && known->inode == (__u64)inode &&
                  known->generation == wanted && known->names_epoch == epoch;
  if (is_known && known->is_plain && known->fingerprint == plain) return known->object;
  __u64 fingerprint = file_fingerprint(plain, &slot->scratch, address, file, inode);
  if (is_known && known->fingerprint == fingerprint) return known->object;
  __u64 object;
  if (ring) {
    object = define_object(address, fingerprint, now, request);
  } else {
    ring = own_ring();
    if (!ring || !ring_enter(ring)) return REEL_OBJECT_UNKNOWN;
    object = define_object(address, fingerprint, time_since_boot(), 0);
    ring_leave(ring);
  }
  if (object && object != REEL_OBJECT_UNKNOWN) {
    known->descriptor = descriptor;
    known->file = address;
    known->inode = (__u64)inode;
    known->fingerprint = fingerprint;
    known->generation = wanted;
    known->names_epoch = epoch;
    // The addresses of a socket may change at any time, whatever they add up to now.
    known->is_plain = fingerprint == plain && (READ(inode, i_mode) & S_IFMT) != S_IFSOCK;
    known->object = object;
  }
  return object;
}

#endif
