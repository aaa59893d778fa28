// What is done through io_uring: one event for each request, sent when it completes, as that of the thread which submitted it.
//
// A request is told from what the kernel has made of it, not from the queue in memory that the task may write to meanwhile.
// Between submission and completion it stands in a map, by its address. What has no completion to wait for (one that the
// task asked not to be told), or no room there, is sent at once, as unfinished.
#ifndef REEL_URING_H
#define REEL_URING_H

#include "life.h"
#include "object.h"
#include "uring_request.h"
#include "uring_capture.h"

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
