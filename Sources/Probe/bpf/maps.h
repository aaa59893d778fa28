// The maps and settings of the probe.
#ifndef REEL_MAPS_H
#define REEL_MAPS_H

#include <linux/bpf.h>

#include "../include/probe_abi.h"
#include "kernel_types.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

// User space fills this in before loading; the verifier then knows the values as constants and drops dead branches.
const volatile struct reel_settings settings = {
    .ring_mask = 4096 - 1,
    .task_mask = 1,
    .cpu_count = 1,
    .snap_length = 80,
    .stage = REEL_STAGE_ALL,
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct reel_control);
} control SEC(".maps");

// Sizes of the next two are set before loading.
struct ring_storage {
  struct reel_ring ring;
  __u8 data[4096 + REEL_RING_SLACK];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct ring_storage);
} rings SEC(".maps");

// Wakes user space; its content does not matter.
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} doorbell SEC(".maps");

#define DESCRIPTOR_SLOTS 4

// What a descriptor of a task pointed to when it was last used.
struct descriptor_slot {
  __u64 file, inode, fingerprint;
  __u64 object;
  __u32 descriptor;
  __u32 generation;
};

// What the version of a task was made from; see identity.h.
struct identity_seen {
  __u64 cred, cgroups, parent, namespaces, working_directory, root_directory, group, session, terminal;
  __u64 comm[2], process_comm[2];
  __u64 exec_id;
};

// The state of one task: found by its id, proved by its start time.
struct task_slot {
  __u64 start_time;
  __u64 enter_time;
  __u64 exit_time;
  __u64 enter_object;
  __u64 version;
  __u64 image;
  struct identity_seen seen;
  __u32 tid;
  __u32 enter_number;
  __u32 generation;
  // Calls in a row that returned soon after the one before.
  __u32 quick_calls;
  struct descriptor_slot descriptors[DESCRIPTOR_SLOTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, struct task_slot);
} tasks SEC(".maps");

// For the rare task whose element of `tasks` belongs to another living one.
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct task_slot);
} crowded_tasks SEC(".maps");

// What was last defined for a directory entry on a mount (or a socket, pipe … by its own entry), opened by a path.
struct object_key {
  __u64 dentry, mount;
  __u64 request;  // of the path as requested; 0 when the opening was not seen
};

// The same for one open file: its name is the one that it was opened by, whatever happens to the directory entry.
struct object_entry {
  __u64 object, thing;
  __u64 name;  // the object whose name it has
  __u64 inode, inode_number, fingerprint, generation;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, struct object_key);
  __type(value, struct object_entry);
} objects SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct object_entry);
} open_files SEC(".maps");

// The path of the open that is being looked at. Only programs that entered the ring use it.
#define REQUEST_ROOM 4096

struct request {
  __u8 path[REQUEST_ROOM + 8];
  __u32 length;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct request);
} requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, REEL_OPERATIONS);
  __type(key, __u32);
  __type(value, struct reel_operation);
} operations SEC(".maps");

extern void *bpf_rdonly_cast(const void *object, __u32 type_id) __ksym __weak;

static __always_inline __u64 current_generation(void) {
  __u32 zero = 0;
  struct reel_control *now = bpf_map_lookup_elem(&control, &zero);
  return now ? now->generation : 0;
}

static __always_inline bool is_recorder(struct task_struct *task) {
  __u32 zero = 0;
  struct reel_control *now = bpf_map_lookup_elem(&control, &zero);
  return now && now->recorder == task->tgid;
}

#endif
