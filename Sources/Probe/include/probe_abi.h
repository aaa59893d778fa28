// What the kernel program and user space say to each other: layouts of maps and ring records.
// Both sides compile this file, and the assertions at its end with it.
#ifndef REEL_PROBE_ABI_H
#define REEL_PROBE_ABI_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 reel_u8;
typedef __u16 reel_u16;
typedef __u32 reel_u32;
typedef __u64 reel_u64;
typedef __s64 reel_s64;
#else
#include <stdint.h>
typedef uint8_t reel_u8;
typedef uint16_t reel_u16;
typedef uint32_t reel_u32;
typedef uint64_t reel_u64;
typedef int64_t reel_s64;
#endif

// ---- Rings -------------------------------------------------------------------------------------------------------
//
// One element of an mmapable array map for each CPU:
//
//     0      head      bytes ever written; the program alone stores it, after the record behind it is complete
//     64     tail      bytes ever consumed; user space alone stores it
//     128    busy      1 while a program runs on this CPU: its record may carry a time before now
//     136    lost      one counter for each cause
//     256    data      ring_size bytes (a power of two), then REEL_RING_SLACK bytes
//
// A record begins at head modulo ring_size and may run into the slack: it is never split, and no wrap needs handling.
#define REEL_RING_HEADER 256
// The farthest offset of a record (128 KiB), the longest single read behind it (64 KiB), and a page.
#define REEL_RING_SLACK 200704
#define REEL_RECORD_MASK 131071
// Iterators stop to be emptied when they have written so much; the record that they write then may be as long as any.
#define REEL_SNAPSHOT_ROOM 1048576

enum reel_loss {
  REEL_LOSS_RING_FULL = 0,       // no room for an event
  REEL_LOSS_NESTED = 1,          // a program ran on top of another one
  REEL_LOSS_NO_TASK = 2,         // no room for the state of a task
  REEL_LOSS_DEFINITION = 3,      // no room for a definition; it is sent again with the next event
  REEL_LOSS_CAUSES = 4,
};

struct reel_ring {
  reel_u64 head;
  reel_u64 head_padding[7];
  reel_u64 tail;
  reel_u64 tail_padding[7];
  reel_u64 busy;
  reel_u64 lost[REEL_LOSS_CAUSES];
  // Numbers given out on this CPU for versions of threads, images and objects.
  reel_u64 next_identity;
  // The tail at the last wake-up, all ones before the first.
  reel_u64 called_at;
  // The program's own.
  reel_u64 scratch;
  reel_u64 now;
  reel_u64 path_print, directories_print;
  reel_u64 padding[5];
};

// ---- Records -----------------------------------------------------------------------------------------------------

enum reel_record_kind {
  REEL_RECORD_EVENT = 1,
  REEL_RECORD_THREAD = 2,
  REEL_RECORD_IMAGE = 3,
  REEL_RECORD_OBJECT = 4,
  // Of the snapshot only.
  REEL_RECORD_STATE_THREAD = 5,
  REEL_RECORD_STATE_DESCRIPTOR = 6,
  // A process that is not selected has ended: an event without anybody to be shown to.
  REEL_RECORD_ENDED = 7,
  // What a thread has used so far; of the snapshot's ring only.
  REEL_RECORD_SAMPLE = 8,
};

// In front of every record.
struct reel_record {
  reel_u32 length;  // of the whole record, a multiple of 8
  reel_u16 kind;
  reel_u16 flags;   // REEL_EVENT_* or REEL_OBJECT_*
  reel_u64 time;    // nanoseconds since boot
};

#define REEL_EVENT_UNFINISHED 0x0002
#define REEL_EVENT_UNREADABLE 0x0004
#define REEL_EVENT_TRUNCATED 0x0008
#define REEL_EVENT_PAYLOAD_TRUNCATED 0x0010
#define REEL_EVENT_CHILD_RETURN 0x0020
#define REEL_EVENT_COMPAT 0x0080
#define REEL_EVENT_LATENCY_BOUND 0x0001
// What it points to is laid out as 32-bit programs do it.
#define REEL_EVENT_NARROW 0x0100
// Inside the probe only: there is an enter time.
#define REEL_EVENT_HAS_START 0x8000

// An event: this, then `argument_count` words (registers, then what the operation's flags add), then the captures that succeeded, each headed by reel_capture.
struct reel_event {
  struct reel_record record;
  reel_u64 start;           // when the call began, 0 when not known
  reel_s64 result;
  reel_u64 thread;          // the version of the thread, 0 when it could not be defined
  reel_u64 object;          // 0 when there is none, REEL_OBJECT_UNKNOWN when it could not be defined
  reel_u32 tid;
  reel_u16 type;            // EventTypeID
  reel_u8 argument_count;
  reel_u8 capture_count;
};

// Events that are no system calls have a word for each number of their type, in the order of the table, with this value
// where nothing is known; and a capture for each text.
#define REEL_VALUE_MISSING (1ull << 63)

// In front of the bytes of a capture, which are padded with anything to a multiple of 8.
struct reel_capture {
  reel_u32 length;          // without this header
  reel_u8 index;            // which of the event type's captures
  reel_u8 flags;            // REEL_CAPTURE_*
  reel_u16 padding;
};
#define REEL_CAPTURE_TRUNCATED 1

// Paths come leaf first: each component ends with a NUL; REEL_PATH_* say what the walk met.
#define REEL_PATH_DEPTH 256
#define REEL_PATH_TRUNCATED 1
#define REEL_PATH_DELETED 2
// There was nothing to walk from: a task that ends has no working directory any more.
#define REEL_PATH_ABSENT 4

// One version of a thread: this, then the components of its working directory, of its root, and of its cgroup.
struct reel_thread {
  struct reel_record record;
  reel_u64 identity;
  reel_u64 image;
  reel_u64 start_time;           // since boot
  reel_u64 process_start_time;
  reel_u64 parent_start_time;
  reel_u32 tid, pid, parent_pid;
  reel_u32 virtual_tid, virtual_pid;
  reel_u32 session, process_group, virtual_session, virtual_process_group;
  reel_u32 uid, effective_uid, saved_uid, filesystem_uid;
  reel_u32 gid, effective_gid, saved_gid, filesystem_gid;
  reel_u32 login_uid;
  reel_u32 tty;
  reel_u32 task_flags;
  reel_u64 capabilities_inheritable, capabilities_permitted, capabilities_effective;
  reel_u64 cgroup_id;
  reel_u64 descriptor_limit;
  reel_u32 mount_namespace, pid_namespace, net_namespace, user_namespace, uts_namespace, ipc_namespace;
  reel_u32 cgroup_namespace;
  reel_u32 working_directory_length, root_directory_length, cgroup_length;
  reel_u32 path_flags;           // of the working directory
  reel_u32 original_parent_pid;
  char comm[16];
  char process_comm[16];         // of the leader
};

// What was executed: this, then the path's components, the argument area (texts that end with NUL), the environment area
// (likewise), and the path that `execve` was given.
struct reel_image {
  struct reel_record record;
  reel_u64 identity;
  reel_u64 inode;
  reel_s64 change_time, modification_time;  // nanoseconds of the epoch
  reel_u32 device;
  reel_u32 path_length, arguments_length, environment_length;
  reel_u32 path_flags;
  reel_u32 flags;                // REEL_IMAGE_*
  reel_u32 filename_length;
  reel_u32 pid;
};
#define REEL_IMAGE_WRITABLE 1
#define REEL_IMAGE_UPPER_LAYER 2
#define REEL_IMAGE_LOWER_LAYER 4
#define REEL_IMAGE_TRUNCATED 16
#define REEL_IMAGE_KERNEL 32
#define REEL_IMAGE_UNREADABLE 64
#define REEL_IMAGE_ENVIRONMENT_TRUNCATED 128
// Told by another task than the one that executes it: arguments and environment were out of reach.
#define REEL_IMAGE_FOREIGN 256
// The most bytes of arguments, and of the environment.
#define REEL_IMAGE_AREA 8192

// Set in the identity of an object whose bytes say nothing (null, zero, full and random devices): no payload is copied.
#define REEL_OBJECT_WITHOUT_PAYLOAD (1ull << 63)
// There is an object, and it could not be told which.
#define REEL_OBJECT_UNKNOWN (~0ull)

// One version of what a descriptor points to: this, then the path's components or the socket's path, then the path as
// requested, then, for a relative one, the components of the directory that it is relative to.
struct reel_object {
  struct reel_record record;
  reel_u64 identity;
  reel_u64 thing;                // stays the same for all versions of one thing
  reel_u64 name;                 // the object whose name it has; its own identity when it is the first of that name
  reel_u64 inode;
  reel_u32 device;
  reel_u32 mode;                 // inode mode
  reel_u32 open_flags;
  reel_u32 path_length;
  reel_u32 path_flags;
  reel_u32 mount_id;
  reel_u32 filesystem;           // super block magic
  reel_u16 family;               // of a socket, 0 for anything else
  reel_u16 socket_type;
  reel_u16 protocol;
  reel_u16 state;                // TCP_* of a socket
  reel_u16 local_port, remote_port;
  reel_u8 local_address[16], remote_address[16];
  reel_u64 socket_source, socket_peer;
  reel_u32 request_length, directory_length;
  reel_u32 net_namespace;        // of a socket
  reel_u16 flags;                // REEL_OBJECT_*_LAYER
  reel_u16 role;                 // of a socket: REEL_ROLE_*, 0 when no call said so
  reel_u32 own_length;           // of a unix socket: what of the path is its own; the rest is its peer's
  reel_u32 object_padding;
};
#define REEL_ROLE_CLIENT 1
#define REEL_ROLE_SERVER 2
#define REEL_OBJECT_UPPER_LAYER 1
#define REEL_OBJECT_LOWER_LAYER 2

// A thread of the snapshot; its version was sent before it.
struct reel_state_thread {
  struct reel_record record;
  reel_u64 thread;               // its version
  reel_u64 cpu_time;             // nanoseconds
  reel_u64 virtual_pages;
  reel_u32 task_state, exit_state;
  reel_u32 call;                 // the system call that it is in, all ones for none
  reel_u32 is_selected;
};

// A descriptor of the snapshot; its object was sent before it.
struct reel_state_descriptor {
  struct reel_record record;
  reel_u64 object;
  reel_u64 process_start_time;
  reel_s64 position;
  reel_u32 pid, tid;
  reel_u32 descriptor;
  reel_u32 closes_on_exec;
};

// What a thread has used so far. What belongs to the whole process stands in the leader's record, with 0 in the others.
struct reel_sample {
  struct reel_record record;
  reel_u64 thread;               // its version, 0 when it has none
  reel_u64 process_start_time;
  reel_u64 cpu_time;             // of this thread, nanoseconds
  reel_u64 ended_cpu_time;       // of threads that have ended
  reel_u64 virtual_kib, resident_kib, swapped_kib;
  reel_u32 pid, tid;
  reel_u32 threads, descriptors;
};

struct reel_ended {
  struct reel_record record;
  reel_u64 process_start_time;
  reel_u32 pid;
  reel_u32 reaper;               // the process that its children go to
};

// ---- What to do for a system call --------------------------------------------------------------------------------

#define REEL_CAPTURES 4
#define REEL_NO_ARGUMENT 0xFF
#define REEL_OBJECT_RESULT 0xFE

struct reel_capture_plan {
  reel_u8 kind;       // Capture.Kind, 0 behind the last one
  reel_u8 pointer;    // argument
  reel_u8 length;     // argument or REEL_NO_ARGUMENT
  reel_u8 when;       // REEL_WHEN_*
  reel_u16 size;
  // Only when this argument has this value, or one of the operation's set, where it is not REEL_NO_ARGUMENT.
  reel_u8 condition;
  reel_u8 condition_value;
};

// Only when the call did not fail, or when its result is positive.
#define REEL_WHEN_SUCCEEDED 1
#define REEL_WHEN_POSITIVE 2
// The condition is that the low seven bits of the argument are in the operation's set.
#define REEL_WHEN_IN_SET 4

#define REEL_OPERATION_ENABLED 1
#define REEL_OPERATION_OBJECT_AT_ENTRY 2
// The object is looked up after the call: connect and bind change it.
#define REEL_OPERATION_OBJECT_AT_EXIT 4
// One more word behind the registers: the number of the call, for calls that the schema does not know.
#define REEL_OPERATION_WITH_NUMBER 8
// One more word behind the registers: the object of the directory descriptor that a path is relative to, or 0.
#define REEL_OPERATION_WITH_DIRECTORY 16
// The call opens the path in the argument `path`: the object gets its name from it.
#define REEL_OPERATION_OPENS 32
// The call never returns: its event is sent when it begins.
#define REEL_OPERATION_ENDS_TASK 64
// The call may change what a path is called that somebody else has open.
#define REEL_OPERATION_MOVES_NAMES 128
// The event says who lives: it may use what is kept of the ring.
#define REEL_OPERATION_LIFE 256
// One more word behind the registers: the object that the descriptor in the argument `victim` had at entry.
#define REEL_OPERATION_WITH_VICTIM 512
// The call makes its object the server's end of a connection, or the client's.
#define REEL_OPERATION_ACCEPTS 1024
#define REEL_OPERATION_CONNECTS 2048
// The call makes its object a server.
#define REEL_OPERATION_LISTENS 4096
// The second register points to the arguments, 32 bits each: `socketcall`.
#define REEL_OPERATION_INDIRECT 8192
// Of the 32-bit entry: captures have the sizes that structures have there.
#define REEL_OPERATION_NARROW 16384
// Nobody asked for the call, and nothing that it does shows in other events: it is left alone at once.
#define REEL_OPERATION_IGNORED 32768
// The call executes a program: its registers are gone when it returns, so they are kept when it begins.
#define REEL_OPERATION_EXECUTES 0x100000

// What is done for a call, found by its number; one element is for numbers that the schema does not know.
struct reel_operation {
  reel_u16 type;
  reel_u8 argument_count;
  reel_u8 object;             // argument, REEL_OBJECT_RESULT or REEL_NO_ARGUMENT
  reel_u32 flags;
  reel_u32 room;              // the most bytes that its record can take
  reel_u8 directory;          // argument with the directory descriptor, or REEL_NO_ARGUMENT
  reel_u8 path;               // argument with the path that is opened
  reel_u8 victim;
  reel_u8 wide;               // of the 32-bit entry: a bit for each argument that takes two registers
  // The values of the first argument, a bit each, with which the result is a descriptor; 0 for always.
  reel_u64 result_commands;
  // A bit for each value that the condition of a capture asks for.
  reel_u64 condition_set;
  struct reel_capture_plan captures[REEL_CAPTURES];
};

// The table: calls by number, then those of the 32-bit entry by theirs, then what its `socketcall` stands for.
#define REEL_NATIVE_OPERATIONS 1024
#define REEL_COMPAT_OPERATIONS 512
#define REEL_SOCKET_OPERATIONS 32
#define REEL_OPERATION_UNKNOWN 1023
// Where each part begins. Plain numbers: Swift imports no others.
#define REEL_OPERATION_COMPAT 1024
#define REEL_OPERATION_SOCKET 1536
#define REEL_OPERATIONS 1568

enum reel_capture_kind {
  REEL_CAPTURE_STRING = 1,
  REEL_CAPTURE_STRUCTURE = 2,
  REEL_CAPTURE_SOCKET_ADDRESS = 3,
  REEL_CAPTURE_SOCKET_ADDRESS_OUT = 4,
  REEL_CAPTURE_PAYLOAD = 5,
  REEL_CAPTURE_VECTOR = 6,
  REEL_CAPTURE_MESSAGE = 7,
  REEL_CAPTURE_MESSAGE_NAME = 8,
  REEL_CAPTURE_STRING_ARRAY = 9,
  REEL_CAPTURE_MESSAGES = 10,
  REEL_CAPTURE_MESSAGE_CONTROL = 11,
  REEL_CAPTURE_BUFFER = 12,
  REEL_CAPTURE_STRUCTURE_ARRAY = 13,
};

enum reel_latency {
  REEL_LATENCY_EXACT = 0,
  REEL_LATENCY_ADAPTIVE = 1,
  REEL_LATENCY_NONE = 2,
};

// Adaptive latency: after this many calls that each returned this soon after the one before, a thread is in a tight loop.
#define REEL_TIGHT_LOOP_CALLS 64
#define REEL_TIGHT_LOOP_NS 4000

// A power of two.
#define REEL_URGENT_TYPES 1024

// What user space may change while programs run; mmapable.
struct reel_control {
  // Raising it makes everything be defined anew.
  reel_u64 generation;
  // The recorder's own process, by the number that the whole machine knows it by: it is never recorded.
  reel_u32 recorder;
  // Raised by the program whenever something is renamed or mounted anywhere.
  reel_u32 names_epoch;
  // Raised when something else is selected; never 0.
  reel_u32 selection_epoch;
  reel_u32 zero;
  // Nanoseconds that the machine has slept since boot, as far as user space has noticed.
  reel_u64 slept;
  // Raised by the program whenever a task is made or was moved to another control group; odd.
  reel_u32 task_epoch;
  reel_u32 unused;
  // By the number of a call, not 0 where nothing is done at either entry for the calls that have it: what is asked before
  // anything else.
  reel_u8 skipped[REEL_COMPAT_OPERATIONS];
  // By the last bits of an event type, not 0 where user space wants to be woken by such an event.
  reel_u8 urgent[REEL_URGENT_TYPES];
};

#define REEL_SELECT_USERS 1
#define REEL_SELECT_NAMES 2
#define REEL_SELECT_CGROUPS 4
#define REEL_SELECT_PROCESSES 8
// The most users, and names, that can be selected.
#define REEL_SELECTED_VALUES 8

struct reel_settings {
  reel_u32 ring_mask;
  reel_u32 task_mask;
  reel_u32 environment;      // whether it is sent
  reel_u32 snap_length;
  reel_u32 cpu_count;        // also the number of the snapshot's ring
  reel_u32 latency;          // enum reel_latency
  // How far a program goes, for measuring: REEL_STAGE_*.
  reel_u32 stage;
  reel_u16 exit_type;        // EventTypeID of the end of a task
  // Other ways that were weighed and not taken, for measuring them side by side: REEL_ALTERNATIVE_*.
  reel_u16 alternatives;
  reel_u32 selection;        // REEL_SELECT_*
  reel_u32 selected_user_count, selected_name_count;
  reel_u32 selected_users[REEL_SELECTED_VALUES];
  reel_u32 page_kib;         // kibibytes of a page
  reel_u64 selected_names[REEL_SELECTED_VALUES][2];
  // EventTypeIDs of what the other hooks send.
  reel_u16 signal_type, switch_type, page_fault_type, io_uring_type;
  // Whether it is noticed when tasks move between control groups, so that who is left out can be remembered.
  reel_u32 remembers_left_out;
  // Whether the kernel has `bpf_rdonly_cast`.
  reel_u32 casts_numbers;
};

#define REEL_ALTERNATIVE_TASK_STORAGE 1
#define REEL_ALTERNATIVE_NO_DESCRIPTOR_SLOTS 2
// Programs that ask who calls and return: the least that anything costs which decides by task.
#define REEL_ALTERNATIVE_TASK_ONLY 4

enum reel_stage {
  REEL_STAGE_EMPTY = 0,
  REEL_STAGE_STAMP = 1,
  REEL_STAGE_THREAD = 2,
  REEL_STAGE_OBJECT = 3,
  REEL_STAGE_RECORD = 4,
  REEL_STAGE_ALL = 5,
};

_Static_assert(sizeof(struct reel_ring) == REEL_RING_HEADER, "the ring's data begins behind its header");
_Static_assert(sizeof(struct reel_record) == 16, "records are headed by 16 bytes");
_Static_assert(sizeof(struct reel_event) == 56, "events keep eight-byte alignment");
_Static_assert(sizeof(struct reel_capture) == 8, "captures keep eight-byte alignment");
_Static_assert(sizeof(struct reel_thread) == 256, "both sides lay out threads alike");
_Static_assert(sizeof(struct reel_sample) == 88, "both sides lay out samples alike");
_Static_assert(sizeof(struct reel_image) == 80, "both sides lay out images alike");
_Static_assert(sizeof(struct reel_object) == 160, "both sides lay out objects alike");
_Static_assert(sizeof(struct reel_operation) == 64, "both sides lay out operations alike");
_Static_assert(REEL_OPERATION_UNKNOWN == REEL_NATIVE_OPERATIONS - 1 && REEL_OPERATION_COMPAT == REEL_NATIVE_OPERATIONS &&
                   REEL_OPERATION_SOCKET == REEL_OPERATION_COMPAT + REEL_COMPAT_OPERATIONS &&
                   REEL_OPERATIONS == REEL_OPERATION_SOCKET + REEL_SOCKET_OPERATIONS,
               "the parts of the table follow each other");
_Static_assert(sizeof(struct reel_settings) == 224, "both sides lay out settings alike");

#endif
