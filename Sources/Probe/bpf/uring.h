// What is done through io_uring: one event for each request, sent when it completes, as that of the thread which submitted it.
//
// A request is told from what the kernel has made of it, not from the queue in memory that the task may write to meanwhile.
// Between submission and completion it stands in a map, by its address. What has no completion to wait for (one that the
// task asked not to be told), or no room there, is sent at once, as unfinished.
#ifndef REEL_URING_H
#define REEL_URING_H

#include "capture.h"
#include "life.h"
#include "object.h"
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

static __always_inline void take_name(struct uring_paths *paths, int index, struct filename *name) {
  if (!name) return;
  long length = bpf_probe_read_kernel_str(paths->texts[index], REQUEST_ROOM, READ(name, name));
  if (length > 1) paths->lengths[index] = length - 1;
}

// Reads the vector of a request into this CPU's desk: of a message, its header says where that is.
__noinline int describe_uring_vector(__u64 address, __u64 count, __u64 is_message) {
  struct uring_desk *desk = own_desk();
  if (!desk || is_compat(bpf_get_current_task_btf())) return 0;
  struct uring_vector *vector = &desk->vector;
  if (is_message) {
    __u64 pair[2];
    if (bpf_probe_read_user(pair, sizeof pair, (const void *)(address + 16)) != 0) return 0;
    address = pair[0];
    count = pair[1];
  }
  __u64 bytes = bounded(smaller(count, URING_ELEMENTS) * 16);
  if (bytes == 0 || bytes > sizeof vector->elements) return 0;
  if (bpf_probe_read_user(vector->elements, bytes, (const void *)address) == 0) vector->count = count;
  return 0;
}

// Reads a request into this CPU's desk. `is_prepared`: it was submitted just now, so that what it owns is still there.
__noinline int describe_uring_request(__u64 address, __u64 is_prepared) {
  struct uring_desk *desk = own_desk();
  struct reel_ring *ring = own_ring();
  if (!desk || !ring) return 0;
  struct io_kiocb *request = (void *)address;
  struct uring_request *entry = &desk->request;
  struct uring_words *words = &entry->words;
  desk->paths.lengths[0] = 0;
  desk->paths.lengths[1] = 0;
  desk->vector.count = 0;
  desk->key = address;
  entry->directory_object = 0;
  entry->makes_descriptor = 0;
  entry->address_length = 0;
  entry->object = 0;
  entry->context = as_number(&ring->scratch, READ(request, ctx));
  __u32 opcode = READ(request, opcode);
  words->opcode = opcode;
  words->user_data = READ(request, cqe.user_data);
  // Those of the submission; what stands above them is the kernel's.
  words->flags = READ(request, flags) & 0xFF;
  words->descriptor = words->directory = words->new_directory = REEL_VALUE_MISSING;
  words->address = words->size = words->offset = words->operation_flags = REEL_VALUE_MISSING;
  words->open_flags = words->mode = REEL_VALUE_MISSING;
  if (!is_prepared) return 0;
  if (IS_ONE_OF(opcode, URING_WITH_FILE)) words->descriptor = (__s64)(__s32)READ(request, cqe.fd);
  if (IS_ONE_OF(opcode, URING_MOVES_BYTES)) {
    struct io_rw *part = (void *)address;
    words->address = READ(part, addr);
    words->size = READ(part, len);
    words->offset = READ(part, kiocb.ki_pos);
    words->operation_flags = (__u32)READ(part, flags);
    if (IS_ONE_OF(opcode, URING_VECTORS)) describe_uring_vector(words->address, words->size, 0);
  } else if (IS_ONE_OF(opcode, URING_MESSAGES)) {
    struct io_sr_msg *part = (void *)address;
    words->address = as_number(&ring->scratch, READ(part, buf));
    words->size = (__u32)READ(part, len);
    words->operation_flags = READ(part, msg_flags);
    if (IS_ONE_OF(opcode, URING_WITH_HEADER)) describe_uring_vector(words->address, 0, 1);
  } else if (opcode == URING_OPENAT || opcode == URING_OPENAT2) {
    struct io_open *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->open_flags = READ(part, how.flags);
    words->mode = READ(part, how.mode);
    entry->makes_descriptor = !READ(part, file_slot);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_CONNECT) {
    struct io_connect *part = (void *)address;
    words->size = (__u32)READ(part, addr_len);
    words->address = as_number(&ring->scratch, READ(part, addr));
    __u64 length = bounded(smaller(words->size, MAX_ADDRESS));
    if (length <= MAX_ADDRESS && bpf_probe_read_user(entry->address, length, (void *)words->address) == 0)
      entry->address_length = length;
  } else if (opcode == URING_ACCEPT) {
    struct io_accept *part = (void *)address;
    words->operation_flags = (__u32)READ(part, flags);
    entry->makes_descriptor = !READ(part, file_slot);
  } else if (opcode == URING_SOCKET) {
    struct io_socket *part = (void *)address;
    words->operation_flags = (__u32)READ(part, flags);
    entry->makes_descriptor = !READ(part, file_slot);
  } else if (opcode == URING_CLOSE) {
    struct io_close *part = (void *)address;
    if (!READ(part, file_slot)) words->descriptor = (__s64)(__s32)READ(part, fd);
  } else if (opcode == URING_SHUTDOWN) {
    struct io_shutdown *part = (void *)address;
    words->operation_flags = (__u32)READ(part, how);
  } else if (opcode == URING_STATX) {
    struct io_statx *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->operation_flags = READ(part, flags);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_UNLINKAT) {
    struct io_unlink *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_MKDIRAT) {
    struct io_mkdir *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->mode = READ(part, mode);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_RENAMEAT) {
    struct io_rename *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, old_dfd);
    words->new_directory = (__s64)(__s32)READ(part, new_dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, oldpath));
    take_name(&desk->paths, 1, READ(part, newpath));
  } else if (opcode == URING_LINKAT || opcode == URING_SYMLINKAT) {
    struct io_link *part = (void *)address;
    // The text of a symbolic link is relative to nothing that is known here.
    if (opcode == URING_LINKAT) words->directory = (__s64)(__s32)READ(part, old_dfd);
    words->new_directory = (__s64)(__s32)READ(part, new_dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, oldpath));
    take_name(&desk->paths, 1, READ(part, newpath));
  }
  return 0;
}

static __always_inline __u64 put_capture_head(struct reel_ring *ring, __u64 offset, __u32 index, __u64 length, __u32 flags) {
  struct reel_capture *head = (void *)record_at(ring, offset);
  head->length = length;
  head->index = index;
  head->flags = flags;
  return ROUND8(offset + sizeof *head + length) & REEL_RECORD_MASK;
}

static __always_inline __u64 put_name_capture(struct reel_ring *ring, __u64 offset, struct uring_paths *paths, int index,
                                              __u32 *count) {
  __u64 length = paths->lengths[index];
  barrier_var(length);
  length &= REQUEST_ROOM - 1;
  if (!length || bpf_probe_read_kernel(record_at(ring, offset + sizeof(struct reel_capture)), length, paths->texts[index]) != 0)
    return offset;
  ++*count;
  return put_capture_head(ring, offset, index, length, 0);
}

// Where the bytes of a request lie that chose its buffer when it had some: from the request itself, 0 when that is not known.
static __always_inline __u64 chosen_buffer(__u64 address, __u64 opcode) {
  if (IS_ONE_OF(opcode, URING_MOVES_BYTES)) return READ((struct io_rw *)address, addr);
  struct io_sr_msg *part = (void *)address;
  // One of several at once, or a message's, which has its header in front.
  if (opcode != URING_RECV || READ(part, flags) & URING_BUNDLE) return 0;
  void *buffer = READ(part, buf);
  if (buffer) return (__u64)buffer;
  // Newer kernels keep it with the message alone, and forget that before a request that receives once has completed.
  struct io_async_msghdr *message = (void *)READ((struct io_kiocb *)address, async_data);
  return (__u64)READ(message, msg.msg_iter.ubuf);
}

// State in memory and not on the stack, where the verifier would follow the offset through every element.
static long gather_uring_element(__u32 index, void *nothing) {
  struct reel_ring *ring = own_ring();
  struct request *own = own_request();
  if (!ring || !own) return 1;
  struct gathering *state = &own->gathering;
  __u64 address = state->vector;
  struct uring_vector *vector = bpf_map_lookup_elem(&uring_vectors, &address);
  if (!vector || index >= state->elements || !state->room) return 1;
  __u64 *element = vector->elements[index & (URING_ELEMENTS - 1)];
  __u64 length = bounded(smaller(element[1], state->room));
  __u64 offset = state->offset & REEL_RECORD_MASK;
  if (length && bpf_probe_read_user(record_at(ring, offset), length, (const void *)element[0]) != 0) {
    state->is_unreadable = 1;
    return 1;
  }
  state->offset = offset + length;
  state->room -= length;
  return 0;
}

// The bytes of a request's vector, in order.
static __always_inline long gather_uring_vector(__u64 address, __u64 moved, __u64 room, __u64 offset) {
  struct request *own = own_request();
  struct uring_vector *vector = bpf_map_lookup_elem(&uring_vectors, &address);
  if (!own || !vector) return NOT_CAPTURED;
  struct gathering *state = &own->gathering;
  state->vector = address;
  state->elements = vector->count;
  state->room = room;
  state->offset = offset & REEL_RECORD_MASK;
  state->is_unreadable = 0;
  bpf_loop(URING_ELEMENTS, gather_uring_element, 0, 0);
  if (state->is_unreadable) return NOT_CAPTURED;
  return CAPTURED(state->offset, state->room || moved > settings.snap_length ? REEL_CAPTURE_TRUNCATED : 0);
}

// The bytes that a request has moved. `address` is the request's.
__noinline long put_uring_payload(__u64 address, __u64 moved, __u64 offset) {
  struct reel_ring *ring = own_ring();
  struct uring_request *entry = bpf_map_lookup_elem(&uring_requests, &address);
  if (!ring || !entry) return NOT_CAPTURED;
  __u64 room = smaller(moved, settings.snap_length);
  __u64 opcode = entry->words.opcode;
  bool chooses = entry->words.flags & URING_FLAG_CHOOSES_BUFFER;
  if (!chooses && IS_ONE_OF(opcode, URING_VECTORS | URING_WITH_HEADER))
    return gather_uring_vector(address, moved, room, offset);
  __u64 from = chooses ? chosen_buffer(address, opcode) : entry->words.address;
  __u64 length = bounded(room);
  if (!from || bpf_probe_read_user(record_at(ring, offset), length, (const void *)from) != 0) return NOT_CAPTURED;
  return CAPTURED(offset + length, moved > length ? REEL_CAPTURE_TRUNCATED : 0);
}

// Writes the event of a request, which has this address, into a ring that has room for it.
static __always_inline void put_uring_event(struct reel_ring *ring, __u64 address, struct uring_request *entry,
                                            struct uring_paths *paths, long result, __u64 object, __u64 flags) {
  struct reel_event *event =
      begin_event(ring, entry->tid, time_since_boot(), entry->version, settings.io_uring_type, URING_STORED_WORDS);
  event->start = entry->start;
  event->result = result;
  event->object = object;
  struct uring_words *stored = (void *)(event + 1);
  *stored = entry->words;
  *(__u64 *)(stored + 1) = entry->directory_object;
  __u64 offset = sizeof *event + URING_STORED_WORDS * 8;
  __u32 count = 0;
  if (paths) {
    offset = put_name_capture(ring, offset, paths, 0, &count);
    offset = put_name_capture(ring, offset, paths, 1, &count);
  }
  if (entry->address_length) {
    __builtin_memcpy(record_at(ring, offset + sizeof(struct reel_capture)), entry->address, MAX_ADDRESS);
    offset = put_capture_head(ring, offset, 2, entry->address_length & 255, 0);
    count++;
  }
  // The bytes are there until the request has completed, in the memory of the process that it belongs to.
  if (settings.snap_length && result > 0 && !(flags & REEL_EVENT_UNFINISHED) && !(object & REEL_OBJECT_WITHOUT_PAYLOAD) &&
      IS_ONE_OF(entry->words.opcode, URING_WITH_PAYLOAD | URING_VECTORS | URING_WITH_HEADER) &&
      (__u32)bpf_get_current_task_btf()->tgid == entry->tgid) {
    __u64 body = (offset + sizeof(struct reel_capture)) & REEL_RECORD_MASK;
    long end = put_uring_payload(address, result, body);
    if (end >= 0) {
      __u32 cut = (__u64)end >> 32;
      offset = put_capture_head(ring, offset, 3, (((__u32)end & REEL_RECORD_MASK) - body) & REEL_RECORD_MASK, cut);
      count++;
      flags |= cut ? REEL_EVENT_PAYLOAD_TRUNCATED : 0;
    } else {
      flags |= REEL_EVENT_UNREADABLE;
    }
  }
  event = (void *)record_at(ring, 0);
  event->record.flags = flags;
  event->capture_count = count;
  event->record.length = offset;
  ring_publish(ring, offset);
}

#define URING_ROOM (sizeof(struct reel_event) + URING_STORED_WORDS * 8 + 2 * REQUEST_ROOM + 256)

// Sends the event of the request with this address, as it stands in the map.
__noinline int send_uring_request(__u64 address, long result, __u64 object, __u64 flags) {
  struct reel_ring *ring = own_ring();
  struct uring_request *entry = bpf_map_lookup_elem(&uring_requests, &address);
  if (!ring || !entry) return 0;
  if (!ring_has_room(ring, URING_ROOM + settings.snap_length, false)) {
    count_loss(ring, REEL_LOSS_RING_FULL);
    return 0;
  }
  put_uring_event(ring, address, entry, bpf_map_lookup_elem(&uring_paths, &address), result, object, flags);
  ring_call(ring, settings.io_uring_type);
  return 0;
}

// Does what take_request does, with the path that was kept of a request.
__noinline __u64 take_uring_request(__u64 address, long descriptor) {
  struct request *request = own_request();
  struct reel_ring *ring = own_ring();
  struct uring_paths *paths = bpf_map_lookup_elem(&uring_paths, &address);
  if (!request || !ring || !paths) return 0;
  __u32 bytes = paths->lengths[0] & (REQUEST_ROOM - 1);
  if (!bytes || bpf_probe_read_kernel(request->path, bytes, paths->texts[0]) != 0) return 0;
  return fold_request(ring, request, bytes, descriptor);
}

static __always_inline void forget_uring_request(__u64 address) {
  bpf_map_delete_elem(&uring_requests, &address);
  bpf_map_delete_elem(&uring_paths, &address);
  bpf_map_delete_elem(&uring_vectors, &address);
}

// Puts what stands on the desk into the maps. False when there is no room.
static __always_inline bool keep_uring_request(struct uring_desk *desk) {
  if (bpf_map_update_elem(&uring_requests, &desk->key, &desk->request, BPF_ANY) != 0) return false;
  // Without room for its paths the event comes without them.
  if (desk->paths.lengths[0]) {
    bpf_map_update_elem(&uring_paths, &desk->key, &desk->paths, BPF_ANY);
  } else {
    bpf_map_delete_elem(&uring_paths, &desk->key);
  }
  if (desk->vector.count) {
    bpf_map_update_elem(&uring_vectors, &desk->key, &desk->vector, BPF_ANY);
  } else {
    bpf_map_delete_elem(&uring_vectors, &desk->key);
  }
  return true;
}

static __always_inline int submit_uring_request(struct io_kiocb *request) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (READ(request, opcode) == URING_RENAMEAT) __sync_fetch_and_add(&control.names_epoch, 1);
  if (!is_selected(task) || is_recorder(task)) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring || !ring_enter(ring)) return 0;
  struct task_slot *slot = task_slot_of(task);
  struct uring_desk *desk = own_desk();
  if (slot && desk) {
    __u64 now = time_since_boot();
    __u64 address = as_number(&ring->scratch, request);
    // The end of the request that had this place before was not seen: its ring had no room for it.
    if (bpf_map_lookup_elem(&uring_requests, &address)) send_uring_request(address, 0, 0, REEL_EVENT_UNFINISHED);
    describe_uring_request(address, 1);
    struct uring_request *entry = &desk->request;
    entry->start = now;
    entry->version = thread_version(task, slot, now);
    entry->tid = task->pid;
    entry->tgid = task->tgid;
    if (!(entry->words.flags & URING_FLAG_FIXED_FILE) && (__s64)entry->words.descriptor >= 0)
      entry->object = object_of(task, slot, (__u32)entry->words.descriptor, now, ring, 0);
    if ((entry->words.opcode == URING_OPENAT || entry->words.opcode == URING_OPENAT2) && (__s64)entry->words.directory >= 0)
      entry->directory_object = object_of(task, slot, (__u32)entry->words.directory, now, ring, 0);
    __u64 object = entry->object;
    if (keep_uring_request(desk)) {
      if (desk->request.words.flags & URING_FLAG_SKIPS_COMPLETION) {
        send_uring_request(address, 0, object, REEL_EVENT_UNFINISHED);
        forget_uring_request(address);
      } else if (IS_ONE_OF(desk->request.words.opcode, URING_SHOTS)) {
        desk->shot.context = desk->request.context;
        desk->shot.user_data = desk->request.words.user_data;
        bpf_map_update_elem(&uring_shots, &desk->shot, &desk->key, BPF_ANY);
      }
    } else {
      count_loss(ring, REEL_LOSS_NO_TASK);
    }
  } else {
    count_loss(ring, REEL_LOSS_NO_TASK);
  }
  ring_leave(ring);
  return 0;
}

// The object that a request is about when it completes.
static __always_inline __u64 completed_object(struct reel_ring *ring, struct task_struct *task, struct io_kiocb *request,
                                              struct uring_request *entry, long result) {
  struct task_slot *slot = task_slot_of(task);
  __u64 opcode = entry->words.opcode;
  if (entry->makes_descriptor && result >= 0 && slot && (__u32)task->tgid == entry->tgid) {
    __u64 named = opcode == URING_ACCEPT ? REEL_ROLE_SERVER : 0;
    if (opcode != URING_ACCEPT && opcode != URING_SOCKET)
      named = take_uring_request(as_number(&ring->scratch, request), (__s64)entry->words.directory);
    return object_of(task, slot, (__u32)result, time_since_boot(), ring, named);
  }
  if (opcode == URING_CONNECT && (result == 0 || result == -115) && !(entry->words.flags & URING_FLAG_FIXED_FILE) && slot &&
      (__u32)task->tgid == entry->tgid)
    return object_of(task, slot, (__u32)entry->words.descriptor, time_since_boot(), ring, REEL_ROLE_CLIENT);
  if (entry->object || !request || !IS_ONE_OF(opcode, URING_WITH_FILE)) return entry->object;
  // A registered file has no descriptor.
  struct file *file = READ(request, file);
  struct inode *inode = file ? READ(file, f_inode) : 0;
  if (!inode || !READ(file, f_path.dentry)) return 0;
  __u64 address = as_number(&ring->scratch, file);
  __u64 print = file_fingerprint(entry_fingerprint(file, inode), &ring->scratch, address, file, inode);
  return define_object(address, print, time_since_boot(), 0);
}

// `user_data` and `context` find the request of a completion that does not end it.
static __always_inline int complete_uring_request(__u64 context, struct io_kiocb *request, __u64 user_data, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (request && result == 0 && READ(request, opcode) == URING_RENAMEAT) __sync_fetch_and_add(&control.names_epoch, 1);
  // Nobody asked for it: the kernel made it for a send whose completion was told of.
  if (request && READ(request, opcode) == 0 && READ(request, cqe.flags) & URING_COMPLETION_NOTIFIES) return 0;
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  __u64 address = as_number(&ring->scratch, request);
  if (is_recorder(task) || !ring_enter(ring)) return 0;
  struct uring_desk *desk = own_desk();
  if (desk && !request) {
    desk->shot.context = context;
    desk->shot.user_data = user_data;
    __u64 *known = bpf_map_lookup_elem(&uring_shots, &desk->shot);
    if (known) address = *known;
  }
  struct uring_request *entry = bpf_map_lookup_elem(&uring_requests, &address);
  if (desk && !entry && request && is_selected(task)) {
    // Submitted before the recording began, or one that was to be told of when it fails only.
    struct task_slot *slot = task_slot_of(task);
    describe_uring_request(address, 0);
    desk->request.start = 0;
    desk->request.version = slot ? thread_version(task, slot, time_since_boot()) : 0;
    desk->request.tid = task->pid;
    desk->request.tgid = task->tgid;
    if (keep_uring_request(desk)) entry = bpf_map_lookup_elem(&uring_requests, &address);
  }
  if (entry) {
    __u64 object = completed_object(ring, task, request, entry, result);
    send_uring_request(address, result, object, 0);
    if (request) forget_uring_request(address);
  }
  ring_leave(ring);
  return 0;
}

// One of these is there: the second until Linux 6.2.
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *request) { return submit_uring_request(request); }

SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_before, struct io_kiocb *request) { return submit_uring_request(request); }

// One of these fits: the first has the entry of the completion queue as its third argument, the second what stands in it.
SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_complete, void *context, void *request, struct io_uring_cqe *entry) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  if (request) return complete_uring_request(0, request, 0, READ((struct io_kiocb *)request, cqe.res));
  return complete_uring_request(as_number(&ring->scratch, context), 0, READ(entry, user_data), READ(entry, res));
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_complete_before, void *context, void *request, __u64 user_data, int result) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  return complete_uring_request(as_number(&ring->scratch, context), request, user_data, result);
}

#endif
