// What: versions of the things that descriptors point to.
//
// Found through a few slots in the task's own state, then through a map by directory entry and mount, else defined
// anew. Entries and inodes are reused by the kernel, and names change: a slot or map entry counts only while the
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

// Finds the object of an open file in the map, or sends it; gives its identity, 0 when there was no room.
__noinline __u64 define_object(__u64 file_address, __u64 fingerprint, __u64 now) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  struct file *file = (void *)file_address;
  struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
  struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
  struct inode *inode = BPF_CORE_READ(file, f_inode);
  if (!dentry || !inode) return 0;
  __u64 wanted = current_generation();
  __u64 inode_number = BPF_CORE_READ(inode, i_ino);
  struct object_key key = {.dentry = (__u64)dentry, .mount = (__u64)vfsmount};
  struct object_entry *known = bpf_map_lookup_elem(&objects, &key);
  bool same = known && known->inode == (__u64)inode && known->inode_number == inode_number;
  if (same && known->fingerprint == fingerprint && known->generation == wanted) return known->object;

  if (!ring_has_room(ring, 24 * 1024, false)) {
    count_loss(ring, REEL_LOSS_DEFINITION);
    return 0;
  }
  __u64 identity = next_identity(ring);
  __u16 mode = BPF_CORE_READ(inode, i_mode);
  bool is_device = (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
  __u32 device = is_device ? BPF_CORE_READ(inode, i_rdev) : BPF_CORE_READ(inode, i_sb, s_dev);
  if ((mode & S_IFMT) == S_IFCHR && device >> 20 == MEMORY_MAJOR && (POINTLESS_MINORS >> (device & 31) & 1))
    identity |= REEL_OBJECT_WITHOUT_PAYLOAD;
  __u64 thing = same ? known->thing : identity;
  bool is_socket = (mode & S_IFMT) == S_IFSOCK;
  struct reel_object *object = (void *)record_at(ring, 0);
  __u64 offset = sizeof *object;
  __builtin_memset(object, 0, sizeof *object);
  object->record.kind = REEL_RECORD_OBJECT;
  object->record.time = now;
  object->identity = identity;
  object->thing = thing;
  object->inode = inode_number;
  object->mode = mode;
  object->device = device;
  object->filesystem = BPF_CORE_READ(inode, i_sb, s_magic);
  object->open_flags = BPF_CORE_READ(file, f_flags);
  if (vfsmount) {
    struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
    object->mount_id = BPF_CORE_READ(mount, mnt_id);
  }
  __u32 path_flags = 0;
  if (is_socket) {
    offset = put_socket(ring, object, file, offset);
  } else {
    long end = put_path((__u64)dentry, (__u64)vfsmount, offset);
    if (end > 0) {
      path_flags = (__u64)end >> 32;
      offset = (__u32)end & REEL_RECORD_MASK;
    }
  }
  object = (void *)record_at(ring, 0);
  object->path_length = (offset - sizeof *object) & REEL_RECORD_MASK;
  object->path_flags = path_flags;
  object->record.length = ROUND8(offset);
  ring_publish(ring, ROUND8(offset));

  struct object_entry entry = {
      .object = identity,
      .thing = thing,
      .inode = (__u64)inode,
      .inode_number = inode_number,
      .fingerprint = fingerprint,
      .generation = wanted,
  };
  bpf_map_update_elem(&objects, &key, &entry, BPF_ANY);
  return identity;
}

// The object of a descriptor; 0 when it is not open or could not be defined. `ring` is that of a program which has
// entered it already; without one it is entered here, where it is needed.
static __always_inline __u64 object_of(struct task_struct *task, struct task_slot *slot, __u32 descriptor, __u64 now,
                                       struct reel_ring *ring) {
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
  if (!(settings.alternatives & REEL_ALTERNATIVE_NO_DESCRIPTOR_SLOTS) && known->descriptor == descriptor &&
      known->file == address && known->inode == (__u64)inode && known->fingerprint == fingerprint &&
      known->generation == wanted)
    return known->object;
  __u64 object;
  if (ring) {
    object = define_object(address, fingerprint, now);
  } else {
    ring = own_ring();
    if (!ring || !ring_enter(ring)) return 0;
    object = define_object(address, fingerprint, bpf_ktime_get_boot_ns());
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
