// The paths, addresses and bytes of a request of io_uring, behind the numbers of its event.
#ifndef REEL_URING_CAPTURE_H
#define REEL_URING_CAPTURE_H

#include "uring_state.h"

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

#endif
