// Copying what a call points to in user memory.
#ifndef REEL_CAPTURE_H
#define REEL_CAPTURE_H

#include "registers.h"
#include "ring.h"

#define MAX_STRING 4096
#define MAX_STRINGS 24
#define MAX_ADDRESS 128
#define MAX_CONTROL 512
#define MAX_STRUCTURE 1024

// What every capture function returns: the offset behind the bytes, flags above it.
#define CAPTURED(offset, flags) ((long)(((offset) & REEL_RECORD_MASK) | (__u64)(flags) << 32))
#define NOT_CAPTURED (-1)
// There is nothing to capture: not the same as something that cannot be read.
#define NOTHING_TO_CAPTURE (-2)

static __always_inline __u64 smaller(__u64 a, __u64 b) { return a < b ? a : b; }

// A length that the verifier sees to be bounded. Without the barrier the compiler drops the mask where it knows the length
// to be small, and kernels before 6.4 do not follow its reasoning from one register to the other.
static __always_inline __u64 bounded(__u64 length) {
  barrier_var(length);
  return length & 0xFFFF;
}

static __always_inline long put_bytes(struct reel_ring *ring, __u64 offset, __u64 pointer, __u64 length) {
  offset &= REEL_RECORD_MASK;
  length = bounded(length);
  if (length == 0) return CAPTURED(offset, 0);
  if (bpf_probe_read_user(record_at(ring, offset), length, (const void *)pointer) != 0) return NOT_CAPTURED;
  return CAPTURED(offset + length, 0);
}

// Two words of the current task's memory, as wide as those of the call that it makes. False when they cannot be read.
static __always_inline bool read_pair(__u64 pointer, __u64 index, __u64 pair[2]) {
  if (!is_compat(bpf_get_current_task_btf()))
    return bpf_probe_read_user(pair, 16, (const void *)(pointer + index * 16)) == 0;
  __u32 narrow[2];
  if (bpf_probe_read_user(narrow, 8, (const void *)(pointer + index * 8)) != 0) return false;
  pair[0] = narrow[0];
  pair[1] = narrow[1];
  return true;
}

// The most elements and messages of one call; what is behind them is cut off.
#define MAX_GATHERED 4096

static __always_inline bool begin_message(struct gathering *state) {
  // The vector and its length lie in the middle of a `msghdr`; the length of one of several, behind it.
  bool is_narrow = is_compat(bpf_get_current_task_btf());
  __u64 pair[2];
  if (!read_pair(state->message + (is_narrow ? 8 : 16), 0, pair)) return false;
  state->vector = pair[0];
  state->elements = pair[1];
  state->left = state->wanted;
  if (state->several) {
    __u32 length = 0;
    if (bpf_probe_read_user(&length, sizeof length, (const void *)(state->message + (is_narrow ? 28 : 56))) != 0) return false;
    state->left = length;
  }
  state->message += is_narrow ? 32 : 64;
  state->messages--;
  return true;
}

// One element, or the head of one message.
static long gather(__u32 index, void *nothing) {
  struct reel_ring *ring = own_ring();
  struct request *own = own_request();
  if (!ring || !own) return 1;
  struct gathering *state = &own->gathering;
  if (state->left && !state->elements) {
    // More was moved than the vector holds: of a message that was cut, the call tells the whole length.
    state->is_cut = 1;
    state->left = 0;
  }
  if (!state->left) {
    if (!state->messages) return 1;
    if (begin_message(state)) return 0;
    state->is_unreadable = 1;
    return 1;
  }
  if (!state->room) {
    state->is_cut = 1;
    return 1;
  }
  __u64 element[2];
  if (!read_pair(state->vector, 0, element)) {
    state->is_unreadable = 1;
    return 1;
  }
  state->vector += is_compat(bpf_get_current_task_btf()) ? 8 : 16;
  state->elements--;
  __u64 length = smaller(element[1], state->left);
  __u64 copied = bounded(smaller(length, state->room));
  __u64 offset = state->offset & REEL_RECORD_MASK;
  if (copied && bpf_probe_read_user(record_at(ring, offset), copied, (const void *)element[0]) != 0) {
    state->is_unreadable = 1;
    return 1;
  }
  state->offset = offset + copied;
  state->room -= copied;
  // What did not fit is left: the next step sees that it is cut.
  state->left -= copied;
  return 0;
}

// The bytes of a vector, of one message or of several, in order, and no more than the snap length. `count`: the elements of
// the vector, or the messages; `wanted`: the bytes that were moved, unless each message says so.
__noinline long put_gathered(__u64 kind, __u64 pointer, __u64 count, __u64 wanted, __u64 offset) {
  struct request *own = own_request();
  if (!own) return NOT_CAPTURED;
  struct gathering *state = &own->gathering;
  bool is_vector = kind == REEL_CAPTURE_VECTOR;
  state->vector = pointer;
  state->elements = is_vector ? count : 0;
  state->left = is_vector ? wanted : 0;
  state->message = pointer;
  state->messages = is_vector ? 0 : count;
  state->wanted = wanted;
  state->several = kind == REEL_CAPTURE_MESSAGES;
  state->room = settings.snap_length;
  state->offset = offset & REEL_RECORD_MASK;
  state->is_cut = 0;
  state->is_unreadable = 0;
  bpf_loop(MAX_GATHERED, gather, 0, 0);
  if (state->is_unreadable) return NOT_CAPTURED;
  return CAPTURED(state->offset, state->is_cut || state->left || state->messages ? REEL_CAPTURE_TRUNCATED : 0);
}

// A NULL-terminated array of texts.
__noinline long put_strings(__u64 pointer, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return NOT_CAPTURED;
  __u64 start = offset;
  for (int index = 0; index < MAX_STRINGS; index++) {
    __u64 text = 0;
    __u32 width = is_compat(bpf_get_current_task_btf()) ? 4 : 8;
    if (bpf_probe_read_user(&text, width, (const void *)(pointer + index * width)) != 0) return NOT_CAPTURED;
    if (!text) return CAPTURED(offset, 0);
    offset &= REEL_RECORD_MASK;
    long length = bpf_probe_read_user_str(record_at(ring, offset), 512, (const void *)text);
    if (length <= 0) return NOT_CAPTURED;
    offset = (offset + (length & 1023)) & REEL_RECORD_MASK;
    if (offset - start > 6 * 1024) break;
  }
  return CAPTURED(offset, REEL_CAPTURE_TRUNCATED);
}

// The address of a `msghdr`, or its control bytes.
__noinline long put_message(__u64 kind, __u64 pointer, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return NOT_CAPTURED;
  bool is_control = kind == REEL_CAPTURE_MESSAGE_CONTROL;
  __u64 pair[2];
  if (is_compat(bpf_get_current_task_btf())) {
    if (!read_pair(pointer + (is_control ? 16 : 0), 0, pair)) return NOT_CAPTURED;
  } else {
    if (!read_pair(pointer + (is_control ? 32 : 0), 0, pair)) return NOT_CAPTURED;
    // Behind the length of the address stands padding.
    if (!is_control) pair[1] &= 0xFFFFFFFF;
  }
  if (!pair[0] || pair[1] < (is_control ? 1 : 2)) return NOTHING_TO_CAPTURE;
  return put_bytes(ring, offset, pair[0], smaller(pair[1], is_control ? MAX_CONTROL : MAX_ADDRESS));
}

// Everything but payload.
//
// `extent` is the value of the length argument where the kind has one, else the plan's size; bytes for an array.
__noinline long put_capture(__u64 kind, __u64 pointer, __u64 extent, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring || !pointer) return NOT_CAPTURED;
  offset &= REEL_RECORD_MASK;
  switch (kind) {
    case REEL_CAPTURE_STRING: {
      long length = bpf_probe_read_user_str(record_at(ring, offset), MAX_STRING, (const void *)pointer);
      if (length <= 0) return NOT_CAPTURED;
      // The NUL is not part of the text; a text that fills the room had more to it.
      return CAPTURED(offset + ((length - 1) & (MAX_STRING - 1)), length == MAX_STRING ? REEL_CAPTURE_TRUNCATED : 0);
    }
    case REEL_CAPTURE_STRUCTURE:
    case REEL_CAPTURE_STRUCTURE_ARRAY: {
      long end = put_bytes(ring, offset, pointer, smaller(extent, MAX_STRUCTURE));
      if (end >= 0 && extent > MAX_STRUCTURE) end = CAPTURED(end, REEL_CAPTURE_TRUNCATED);
      return end;
    }
    case REEL_CAPTURE_SOCKET_ADDRESS:
      return put_bytes(ring, offset, pointer, smaller(extent & 0xFFFFFFFF, MAX_ADDRESS));
    case REEL_CAPTURE_SOCKET_ADDRESS_OUT: {
      __u32 length = 0;
      if (!extent || bpf_probe_read_user(&length, sizeof length, (const void *)extent) != 0) return NOT_CAPTURED;
      return put_bytes(ring, offset, pointer, smaller(length, MAX_ADDRESS));
    }
    case REEL_CAPTURE_BUFFER: {
      long end = put_bytes(ring, offset, pointer, smaller(extent, settings.snap_length));
      if (end >= 0 && extent > settings.snap_length) end = CAPTURED(end, REEL_CAPTURE_TRUNCATED);
      return end;
    }
    case REEL_CAPTURE_STRING_ARRAY:
      return put_strings(pointer, offset);
    case REEL_CAPTURE_MESSAGE_NAME:
    case REEL_CAPTURE_MESSAGE_CONTROL:
      return put_message(kind, pointer, offset);
  }
  return NOT_CAPTURED;
}

#endif
