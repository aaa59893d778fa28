// What: versions of the things that descriptors point to.
//
// Found through a few slots in the task's own state, then by the open file, whose name is the one that it was opened by,
// then by directory entry, mount and requested path, else defined anew. Entries and inodes are reused by the kernel, and names change: a slot or map entry counts only while the
// inode, its number, the hash of the entry's name (which the kernel salts with the parent directory) and, for
// sockets, addresses and state are what they were.
#ifndef REEL_OBJECT_H
#define REEL_OBJECT_H

#include "identity.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFCHR 0020000
#define S_IFBLK 0060000

// Device numbers of the memory devices whose bytes say nothing: null 3, zero 5, full 7, random 8, urandom 9.
#define MEMORY_MAJOR 1
#define POINTLESS_MINORS (1u << 3 | 1u << 5 | 1u << 7 | 1u << 8 | 1u << 9)

enum {
  TCP_STATE_ESTABLISHED = 1,
  TCP_STATE_LISTEN = 10,
};

#define FAMILY_UNIX 1
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

static __always_inline __u64 mix(__u64 state, __u64 value) {
  return (state ^ value) * 0x9E3779B97F4A7C15ull;
}

static __always_inline struct file *as_file(__u64 address) {
  return bpf_rdonly_cast((const void *)address, bpf_core_type_id_kernel(struct file));
}

// The address of the file behind a descriptor of the current task; 0 when it is not open.
static __always_inline __u64 file_of(struct task_struct *task, __u32 descriptor) {
  struct files_struct *files = task->files;
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

static __always_inline __u64 fold_socket(__u64 addresses, __u64 ports, __u32 state) {
  // States after the established one differ in nothing that a reader is told.
  __u64 stage = state == TCP_STATE_ESTABLISHED ? 1 : state == TCP_STATE_LISTEN ? 2 : 3;
  return mix(addresses, ports << 8 | stage);
}

// Addresses, ports and state of a socket, folded. IPv6 addresses are also mirrored in part where IPv4 ones stand, and
// the ports change with any connection that a process makes.
static __always_inline __u64 socket_fingerprint(struct file *file) {
  const void *private = file->private_data;
  if (!private) return 0;
  const struct socket *socket = bpf_rdonly_cast(private, bpf_core_type_id_kernel(struct socket));
  const struct sock *sock = socket->sk;
  if (!sock) return 0;
  return fold_socket(sock->__sk_common.skc_addrpair, sock->__sk_common.skc_portpair, sock->__sk_common.skc_state);
}

// The same without casts, for kernels that do not have them.
static __always_inline __u64 probed_socket_fingerprint(struct file *file) {
  struct socket *socket = BPF_CORE_READ(file, private_data);
  struct sock *sock = socket ? BPF_CORE_READ(socket, sk) : 0;
  if (!sock) return 0;
  return fold_socket(BPF_CORE_READ(sock, __sk_common.skc_addrpair), BPF_CORE_READ(sock, __sk_common.skc_portpair),
                     BPF_CORE_READ(sock, __sk_common.skc_state));
}

static __always_inline __u32 swap16(__u32 value) { return ((value & 0xFF) << 8) | ((value >> 8) & 0xFF); }

// Fills in what a socket is connected to and gives the offset behind its path.
static __always_inline __u64 put_socket(struct reel_ring *ring, struct reel_object *object, struct file *file,
                                        __u64 offset) {
  struct socket *socket = (void *)BPF_CORE_READ(file, private_data);
  struct sock *sock = socket ? BPF_CORE_READ(socket, sk) : 0;
  if (!sock) return offset;
  __u16 family = BPF_CORE_READ(sock, __sk_common.skc_family);
  object->family = family;
  object->socket_type = BPF_CORE_READ(socket, type);
  object->protocol = BPF_CORE_READ(sock, sk_protocol);
  object->state = BPF_CORE_READ(sock, __sk_common.skc_state);
  if (family == FAMILY_IPV4 || family == FAMILY_IPV6) {
    object->local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
    object->remote_port = swap16(BPF_CORE_READ(sock, __sk_common.skc_dport));
    if (family == FAMILY_IPV4) {
      __u32 local = BPF_CORE_READ(sock, __sk_common.skc_rcv_saddr);
      __u32 remote = BPF_CORE_READ(sock, __sk_common.skc_daddr);
      __builtin_memcpy(object->local_address, &local, 4);
      __builtin_memcpy(object->remote_address, &remote, 4);
    } else {
      bpf_core_read(object->local_address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
      bpf_core_read(object->remote_address, 16, &sock->__sk_common.skc_v6_daddr);
    }
  } else if (family == FAMILY_UNIX) {
    struct unix_sock *own = (void *)sock;
    struct sock *peer = BPF_CORE_READ(own, peer);
    object->socket_source = (__u64)sock;
    object->socket_peer = (__u64)peer;
    struct unix_address *address = BPF_CORE_READ(own, addr);
    // A server's connection has the path of its listener; a client has none but knows the server's.
    if (!address && peer) address = BPF_CORE_READ((struct unix_sock *)peer, addr);
    if (address) {
      __u32 length = BPF_CORE_READ(address, len);
      if (length > 2) {
        length = (length - 2) & 127;
        void *path = (void *)address + bpf_core_field_offset(struct unix_address, name) + 2;
        offset &= REEL_RECORD_MASK;
        if (bpf_probe_read_kernel(record_at(ring, offset), length, path) == 0) {
          offset = (offset + length) & REEL_RECORD_MASK;
        }
      }
    }
  }
  return offset;
}

#define AT_CURRENT_DIRECTORY (-100)

// Directory and root that a path is looked up from.
static __always_inline struct path directory_of(struct task_struct *task, long descriptor) {
  struct path path = {};
  if (descriptor == AT_CURRENT_DIRECTORY) {
    path.dentry = BPF_CORE_READ(task, fs, pwd.dentry);
    path.mnt = BPF_CORE_READ(task, fs, pwd.mnt);
  } else if (descriptor >= 0) {
    struct file *file = 0;
    struct file **table = BPF_CORE_READ(task, files, fdt, fd);
    if (descriptor < BPF_CORE_READ(task, files, fdt, max_fds))
      bpf_probe_read_kernel(&file, sizeof file, table + descriptor);
    if (file) {
      path.dentry = BPF_CORE_READ(file, f_path.dentry);
      path.mnt = BPF_CORE_READ(file, f_path.mnt);
    }
  }
  return path;
}

static __always_inline struct request *own_request(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&requests, &zero);
}

// Keeps the path of an open and gives a number for it and for what it is relative to; 0 when it cannot be read.
__noinline __u64 take_request(__u64 pointer, long descriptor) {
  struct request *request = own_request();
  if (!request) return 0;
  long length = bpf_probe_read_user_str(request->path, REQUEST_ROOM, (const void *)pointer);
  if (length <= 1 || length >= REQUEST_ROOM) return 0;
  __u32 bytes = (length - 1) & (REQUEST_ROOM - 1);
  request->length = bytes;
  // Whole words are folded: what an earlier path left behind this one must not count.
  *(__u64 *)(request->path + bytes) = 0;
  __u64 folded = bytes;
  for (__u32 offset = 0; offset < REQUEST_ROOM; offset += 8) {
    if (offset >= bytes) break;
    folded = mix(folded, *(__u64 *)(request->path + (offset & (REQUEST_ROOM - 1))));
    folded ^= folded >> 29;
  }
  struct task_struct *task = (void *)bpf_get_current_task();
  folded = mix(folded, (__u64)BPF_CORE_READ(task, fs, root.dentry));
  if (request->path[0] != '/') {
    struct path directory = directory_of(task, descriptor);
    folded = mix(folded, (__u64)directory.dentry);
    folded = mix(folded, (__u64)directory.mnt);
  }
  return folded | 1;
}

static __always_inline bool is_same_inode(struct object_entry *entry, struct inode *inode, __u64 number) {
  return entry->inode == (__u64)inode && entry->inode_number == number;
}

// Finds the object of an open file in the maps, or sends it; gives its identity, 0 when there was no room.
//
// `request` is what take_request gave, when the file has just been opened by that path relative to `descriptor`.
__noinline __u64 define_object(__u64 file_address, __u64 fingerprint, __u64 now, __u64 request, long descriptor) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  struct file *file = (void *)file_address;
  struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
  struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
  struct inode *inode = BPF_CORE_READ(file, f_inode);
  if (!dentry || !inode) return 0;
  struct object_entry entry = {
      .inode = (__u64)inode,
      .inode_number = BPF_CORE_READ(inode, i_ino),
      .fingerprint = fingerprint,
      .generation = current_generation(),
  };
  struct object_key key = {.dentry = (__u64)dentry, .mount = (__u64)vfsmount, .request = request};
  struct object_entry *known = 0;
  bool was_opened = false;
  if (!request) {
    known = bpf_map_lookup_elem(&open_files, &file_address);
    if (known && !is_same_inode(known, inode, entry.inode_number)) known = 0;
    was_opened = known != 0;
  }
  if (!known) {
    known = bpf_map_lookup_elem(&objects, &key);
    if (known && !is_same_inode(known, inode, entry.inode_number)) known = 0;
  }
  if (known && known->fingerprint == fingerprint && known->generation == entry.generation) {
    __u64 object = known->object;
    if (request) {
      entry.object = object;
      entry.thing = known->thing;
      entry.name = known->name;
      bpf_map_update_elem(&open_files, &file_address, &entry, BPF_ANY);
    }
    return object;
  }

  if (!ring_has_room(ring, 32 * 1024, false)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    // What is known of the file that had this address before must not pass for this one.
    if (request) bpf_map_delete_elem(&open_files, &file_address);
    return 0;
  }
  __u16 mode = BPF_CORE_READ(inode, i_mode);
  bool is_device = (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
  __u32 device = is_device ? BPF_CORE_READ(inode, i_rdev) : BPF_CORE_READ(inode, i_sb, s_dev);
  entry.object = next_identity(ring);
  if ((mode & S_IFMT) == S_IFCHR && device >> 20 == MEMORY_MAJOR && (POINTLESS_MINORS >> (device & 31) & 1))
    entry.object |= REEL_OBJECT_WITHOUT_PAYLOAD;
  // A rename changes what the directory entry is called, not what the file was opened by.
  entry.name = known && !request && known->name ? known->name : entry.object;
  entry.thing = known ? known->thing : entry.object;
  if (request && !known) {
    // All that one thing was opened by share its number: it stands in the entry without a request, which is made here
    // if need be, without a name and with a fingerprint that nothing has.
    struct object_key plain = {.dentry = (__u64)dentry, .mount = (__u64)vfsmount};
    struct object_entry *other = bpf_map_lookup_elem(&objects, &plain);
    if (other && is_same_inode(other, inode, entry.inode_number)) {
      entry.thing = other->thing;
    } else {
      struct object_entry nameless = entry;
      nameless.name = 0;
      nameless.generation = 0;
      bpf_map_update_elem(&objects, &plain, &nameless, BPF_ANY);
    }
  }

  bool is_socket = (mode & S_IFMT) == S_IFSOCK;
  struct reel_object *object = (void *)record_at(ring, 0);
  __u64 offset = sizeof *object;
  __builtin_memset(object, 0, sizeof *object);
  object->record.kind = REEL_RECORD_OBJECT;
  object->record.time = now;
  object->identity = entry.object;
  object->thing = entry.thing;
  object->name = entry.name;
  object->inode = entry.inode_number;
  object->mode = mode;
  object->device = device;
  object->filesystem = BPF_CORE_READ(inode, i_sb, s_magic);
  object->open_flags = BPF_CORE_READ(file, f_flags);
  if (vfsmount) {
    struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
    object->mount_id = BPF_CORE_READ(mount, mnt_id);
  }
  __u32 path_flags = 0, request_length = 0, directory_length = 0;
  if (is_socket) {
    offset = put_socket(ring, object, file, offset);
  } else {
    long end = put_path((__u64)dentry, (__u64)vfsmount, offset);
    if (end > 0) {
      path_flags = (__u64)end >> 32;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  __u32 path_length = (offset - sizeof *object) & REEL_RECORD_MASK;
  struct request *requested = own_request();
  if (request && requested) {
    __u32 length = requested->length & (REQUEST_ROOM - 1);
    offset &= REEL_RECORD_MASK;
    if (bpf_probe_read_kernel(record_at(ring, offset), length, requested->path) == 0) {
      request_length = length;
      offset = (offset + length) & REEL_RECORD_MASK;
      if (requested->path[0] != '/') {
        struct path directory = directory_of((void *)bpf_get_current_task(), descriptor);
        long end = put_path((__u64)directory.dentry, (__u64)directory.mnt, offset);
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

  if (request || was_opened) bpf_map_update_elem(&open_files, &file_address, &entry, BPF_ANY);
  if (!was_opened) bpf_map_update_elem(&objects, &key, &entry, BPF_ANY);
  return entry.object;
}

// The object of a descriptor; 0 when it is not open or could not be defined. `ring` is that of a program which has
// entered it already; without one it is entered here, where it is needed.
static __always_inline __u64 object_of(struct task_struct *task, struct task_slot *slot, __u32 descriptor, __u64 now,
                                       struct reel_ring *ring, __u64 request, long directory) {
  __u64 address = file_of(task, descriptor);
  if (!address) return 0;
  struct inode *inode;
  __u64 fingerprint;
  if (bpf_rdonly_cast) {
    struct file *file = as_file(address);
    inode = file->f_inode;
    struct dentry *dentry = file->f_path.dentry;
    if (!inode || !dentry) return 0;
    fingerprint = mix(dentry->d_name.hash, inode->i_ino);
    if ((inode->i_mode & S_IFMT) == S_IFSOCK) fingerprint ^= socket_fingerprint(file);
  } else {
    struct file *file = (void *)address;
    inode = BPF_CORE_READ(file, f_inode);
    if (!inode) return 0;
    fingerprint = mix(BPF_CORE_READ(file, f_path.dentry, d_name.hash), BPF_CORE_READ(inode, i_ino));
    if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFSOCK) fingerprint ^= probed_socket_fingerprint(file);
  }
  __u32 wanted = (__u32)current_generation();
  struct descriptor_slot *known = &slot->descriptors[descriptor & (DESCRIPTOR_SLOTS - 1)];
  if (!request && !(settings.alternatives & REEL_ALTERNATIVE_NO_DESCRIPTOR_SLOTS) && known->descriptor == descriptor &&
      known->file == address && known->inode == (__u64)inode && known->fingerprint == fingerprint &&
      known->generation == wanted)
    return known->object;
  __u64 object;
  if (ring) {
    object = define_object(address, fingerprint, now, request, directory);
  } else {
    ring = own_ring();
    if (!ring || !ring_enter(ring)) return 0;
    object = define_object(address, fingerprint, bpf_ktime_get_boot_ns(), 0, 0);
    ring_leave(ring);
  }
  if (object) {
    known->descriptor = descriptor;
    known->file = address;
    known->inode = (__u64)inode;
    known->fingerprint = fingerprint;
    known->generation = wanted;
    known->object = object;
  }
  return object;
}

#endif
