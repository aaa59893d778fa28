// The maps and settings of the probe.
#ifndef REEL_MAPS_H
#define REEL_MAPS_H

#include <linux/bpf.h>

#include "../include/probe_abi.h"
#include "read.h"

#include <bpf/bpf_tracing.h>

// User space fills this in before loading; the verifier then knows the values as constants and drops dead branches.
const volatile struct reel_settings settings = {
    .ring_mask = 4096 - 1,
    .task_mask = 1,
    .cpu_count = 1,
    .snap_length = 80,
    .stage = REEL_STAGE_ALL,
};

// Plain variables, in maps of their own that user space maps: finding them costs nothing.
volatile struct reel_control control SEC(".data.control");
struct reel_operation operations[REEL_OPERATIONS] SEC(".data.operations");

// Sizes of the next two are set before loading. Behind the rings of the CPUs stands that of the snapshot.
struct ring_storage {
  struct reel_ring ring;
  __u8 data[4096 + REEL_RING_SLACK];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 2);
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
  // In which epoch the names above the entry were last found to be the same.
  __u32 names_epoch;
  // Whether the fingerprint is that of the entry alone.
  __u32 is_plain;
};

// What the version of a task was made from; see identity.h.
struct identity_seen {
  __u64 cred, cgroups, parent, parent_start, namespaces, working_directory, directory_mount, root_directory, group,
      session, terminal, descriptor_limit, capabilities;
  __u64 comm[2], process_comm[2];
  __u64 exec_id;
  __u64 path_print;  // of working and root directory
  __u32 user, effective_user, login_user;
  __u32 names_epoch;
};

// The state of one task: found by its id, proved by its start time.
struct task_slot {
  __u64 start_time;
  __u64 enter_time;
  __u64 exit_time;
  __u64 enter_object;
  // The generation in which it was found.
  __u32 enter_generation;
  // What the descriptor that `dup2` takes over stood for.
  __u64 enter_victim;
  __u64 version;
  __u64 image;
  // For as_number.
  __u64 scratch;
  // The call that is being looked at: kernels before 6.13 add up the stacks of all functions that call each other, and 512
  // bytes are not enough.
  __u64 arguments[8];
  __u64 now;
  __u64 call_version;
  __u64 call_object, call_extra;
  // The offset of the record's end so far, and the result of the call once more: in memory, so that the verifier follows
  // neither through every branch of what is captured.
  __u64 call_offset, call_result;
  __u32 number, call_flags, call_captures;
  struct identity_seen seen;
  __u32 tid;
  __u32 enter_number;
  __u32 generation;
  // The generation in which it was last defined for the sake of its children.
  __u32 generation_as_parent;
  // Who made it; 0 when that was not seen.
  __u32 original_parent;
  // Calls in a row that returned soon after the one before.
  __u32 quick_calls;
  // The css_set that `is_in_cgroup` was found for, and the state of the selection then.
  __u64 selection_cgroups;
  __u32 selection_epoch;
  __u8 is_in_cgroup;
  __u8 is_in_tree;
  // Between the moment at which a new program is in place and the return of the call.
  __u8 is_executing;
  // Whether the beginning of the call that returns was seen.
  __u8 has_entered;
  // Whether it began at the 32-bit entry.
  __u8 enter_compat;
  // Whether `made_with` is known.
  __u8 knows_making;
  // When it last left a CPU and got one, and how long it had waited for that; only where switches are recorded.
  __u64 left_cpu_at, got_cpu_at, waited;
  struct descriptor_slot descriptors[DESCRIPTOR_SLOTS];
  // Of a task that clone3 made: flags, and the signal of its end.
  __u64 made_with[2];
  // Of a task without events that uses the CPU: how much at the last look, and the version that was sent for it.
  __u64 sampled_cpu_time, sampled_version;
  __u32 sampled_generation;
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

// What was last defined for a directory entry on a mount, as it is called by whoever opened it.
struct object_key {
  __u64 dentry, mount;
  __u64 request;  // of the path as requested, or of the root that the entry is seen from
};

// The same for one open file: its name is the one that it was opened by, whatever happens to the directory entry.
struct object_entry {
  __u64 object, thing;
  __u64 name;  // the object whose name it has
  __u64 inode, inode_number, fingerprint;
  // Of the path above the entry, and the epoch of names in which it was last found to be right.
  __u64 path_print;
  __u32 names_epoch;
  __u32 generation;
  // Of a socket.
  __u32 role;
  // Neither a path nor, as sockets have, an inode of its own.
  __u32 is_nameless;
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

// The path of the open that is being looked at. Only programs that entered the ring use that of their CPU; the snapshot has
// one of its own.
#define REQUEST_ROOM 4096

// What an object is made from: the file and what was found out about it.
struct object_source {
  struct file *file;
  struct inode *inode;
};

// Bytes that lie scattered, being put together: elements of a vector, of one message or of several.
struct gathering {
  __u64 vector, elements;   // the next element of the message that is being read, and how many are left
  __u64 left;               // bytes of that message that were moved and are not yet here
  __u64 message, messages;  // the next message, and how many are left
  __u64 wanted;             // bytes of the only message; each of several says how many it has
  __u64 room;               // what is left of the snap length
  __u64 offset;
  __u32 several, is_cut, is_unreadable;
};

struct request {
  __u8 path[REQUEST_ROOM + 8];
  __u64 length;
  // What a relative path is looked up from.
  __u64 directory, directory_mount;
  // What does not fit on the stack either; see task_slot.
  struct object_key key;
  struct object_entry entry, other;
  struct object_source source;
  // The verifier need not follow through a loop what it knows nothing of.
  struct gathering gathering;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct request);
} requests SEC(".maps");

static __always_inline struct request *own_request(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&requests, &zero);
}

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct request);
} snapshot_request SEC(".maps");

// Control groups and processes that are selected, each with everything below it. A process is named by its id and proved
// by its start time, unless that is 0.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, __u8);
} selected_cgroups SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u32);
  __type(value, __u64);
} selected_processes SEC(".maps");

// Who was last found to be left out on each CPU; see selection.h. CPUs beyond these share entries.
#define LEFT_OUT_CPUS 1024
struct who {
  __u64 name[2];  // of its process
  __u32 user;     // the effective one
};
struct left_out {
  __u64 registers;  // where the task's registers lie
  __u64 task;
  __u64 cgroups;  // its set of control groups
  __u32 task_epoch, selection_epoch;
  struct who who;
  __u64 alone[1];  // no two CPUs share a cache line
};
_Static_assert(sizeof(struct left_out) == 64, "a cache line");
struct left_out left_out[LEFT_OUT_CPUS] SEC(".data.left_out");

// Time since boot. The clock that stands still while the machine sleeps is cheaper to read than `bpf_ktime_get_boot_ns`
// (42 ns against 50).
static __always_inline __u64 time_since_boot(void) { return bpf_ktime_get_ns() + control.slept; }

static __always_inline __u32 current_generation(void) { return (__u32)control.generation; }

// Whether what was defined in a generation still means something to the reader: it keeps the one before the current one.
static __always_inline bool is_remembered(__u32 generation) { return current_generation() - generation <= 1; }

static __always_inline __u32 current_names_epoch(void) { return control.names_epoch; }

static __always_inline bool is_recorder(struct task_struct *task) { return control.recorder == (__u32)task->tgid; }

#endif
