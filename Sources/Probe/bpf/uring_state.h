// What is known of requests of io_uring between their submission and their completion, and the desk on which that is put
// together.
#ifndef REEL_URING_STATE_H
#define REEL_URING_STATE_H

#include "capture.h"
#include "uring_types.h"

#define URING_FLAG_FIXED_FILE 1
#define URING_FLAG_CHOOSES_BUFFER 32
#define URING_FLAG_SKIPS_COMPLETION 64
// Of a completion: it says that the memory of a send without copying is free again.
#define URING_COMPLETION_NOTIFIES 8
// Of a receive: several buffers at once.
#define URING_BUNDLE 16

enum uring_operation {
  URING_READV = 1,
  URING_WRITEV = 2,
  URING_READ_FIXED = 4,
  URING_WRITE_FIXED = 5,
  URING_POLL = 6,
  URING_SENDMSG = 9,
  URING_RECVMSG = 10,
  URING_TIMEOUT = 11,
  URING_ACCEPT = 13,
  URING_CONNECT = 16,
  URING_OPENAT = 18,
  URING_CLOSE = 19,
  URING_STATX = 21,
  URING_READ = 22,
  URING_WRITE = 23,
  URING_SEND = 26,
  URING_RECV = 27,
  URING_OPENAT2 = 28,
  URING_SHUTDOWN = 34,
  URING_RENAMEAT = 35,
  URING_UNLINKAT = 36,
  URING_MKDIRAT = 37,
  URING_SYMLINKAT = 38,
  URING_LINKAT = 39,
  URING_SOCKET = 45,
  URING_SEND_ZEROCOPY = 47,
  URING_SENDMSG_ZEROCOPY = 48,
  URING_READ_MULTISHOT = 49,
  URING_READV_FIXED = 60,
  URING_WRITEV_FIXED = 61,
};

#define IS_ONE_OF(operation, set) ((operation) < 64 && (set) >> (operation)&1)
#define BIT(number) (1ull << (number))

// Those whose descriptor the request itself names: all that the kernel looks a file up for.
#define URING_WITH_FILE                                                                                              \
  (0x37Eull | BIT(URING_RECVMSG) | BIT(URING_ACCEPT) | BIT(URING_CONNECT) | BIT(17) | BIT(URING_READ) |              \
   BIT(URING_WRITE) | BIT(24) | BIT(URING_SEND) | BIT(URING_RECV) | BIT(30) | BIT(33) | BIT(URING_SHUTDOWN) |        \
   BIT(40) | BIT(41) | BIT(43) | BIT(46) | BIT(URING_SEND_ZEROCOPY) | BIT(URING_SENDMSG_ZEROCOPY) |                  \
   BIT(URING_READ_MULTISHOT) | BIT(54) | BIT(55) | BIT(56) | BIT(57) | BIT(58) | BIT(59) | BIT(URING_READV_FIXED) |  \
   BIT(URING_WRITEV_FIXED))
#define URING_MOVES_BYTES                                                                                            \
  (BIT(URING_READV) | BIT(URING_WRITEV) | BIT(URING_READ_FIXED) | BIT(URING_WRITE_FIXED) | BIT(URING_READ) |         \
   BIT(URING_WRITE) | BIT(URING_READ_MULTISHOT) | BIT(URING_READV_FIXED) | BIT(URING_WRITEV_FIXED))
#define URING_MESSAGES                                                                                               \
  (BIT(URING_SENDMSG) | BIT(URING_RECVMSG) | BIT(URING_SEND) | BIT(URING_RECV) | BIT(URING_SEND_ZEROCOPY) |          \
   BIT(URING_SENDMSG_ZEROCOPY))
// Those whose bytes lie in one piece at the address.
#define URING_WITH_PAYLOAD                                                                                           \
  (BIT(URING_READ_FIXED) | BIT(URING_WRITE_FIXED) | BIT(URING_READ) | BIT(URING_WRITE) | BIT(URING_SEND) |           \
   BIT(URING_RECV) | BIT(URING_SEND_ZEROCOPY) | BIT(URING_READ_MULTISHOT))
// Those whose address is that of an array of iovec, and those whose it is in a message.
#define URING_VECTORS (BIT(URING_READV) | BIT(URING_WRITEV) | BIT(URING_READV_FIXED) | BIT(URING_WRITEV_FIXED))
#define URING_WITH_HEADER (BIT(URING_SENDMSG) | BIT(URING_RECVMSG) | BIT(URING_SENDMSG_ZEROCOPY))
// Those that may complete more than once.
#define URING_SHOTS                                                                                                  \
  (BIT(URING_POLL) | BIT(URING_RECVMSG) | BIT(URING_TIMEOUT) | BIT(URING_ACCEPT) | BIT(URING_RECV) |                 \
   BIT(URING_READ_MULTISHOT))

// The numbers of the event type, in the order of the table.
struct uring_words {
  __u64 opcode, descriptor, user_data, flags;
  __u64 directory, new_directory;
  __u64 address, size, offset, operation_flags, open_flags, mode;
};
#define URING_WORDS 12
// Behind them, the object of the directory that a path to open is relative to, or 0.
#define URING_STORED_WORDS 13

struct uring_request {
  __u64 start, version, object, directory_object;
  __u64 context;
  struct uring_words words;
  __u32 tid, tgid;
  // It makes a descriptor in the table of the process.
  __u32 makes_descriptor;
  __u32 address_length;
  __u8 address[MAX_ADDRESS];
};

#define URING_PATHS 2
struct uring_paths {
  __u32 lengths[URING_PATHS];
  __u8 texts[URING_PATHS][REQUEST_ROOM];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct uring_request);
} uring_requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct uring_paths);
} uring_paths SEC(".maps");

// The elements of a request's vector. The task may write over them as soon as it has submitted.
#define URING_ELEMENTS 32
struct uring_vector {
  __u64 count;
  __u64 elements[URING_ELEMENTS][2];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct uring_vector);
} uring_vectors SEC(".maps");

// Which request completes more than once for a ring and the number that the task gave it.
struct uring_shot {
  __u64 context, user_data;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct uring_shot);
  __type(value, __u64);
} uring_shots SEC(".maps");

// What is being put together; only programs that entered the ring use that of their CPU.
struct uring_desk {
  struct uring_request request;
  struct uring_paths paths;
  struct uring_vector vector;
  struct uring_shot shot;
  __u64 key;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct uring_desk);
} uring_desks SEC(".maps");

static __always_inline struct uring_desk *own_desk(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&uring_desks, &zero);
}

#endif
