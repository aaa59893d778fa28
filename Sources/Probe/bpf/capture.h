// Copying what a call points to in user memory.
#ifndef REEL_CAPTURE_H
#define REEL_CAPTURE_H

#include "registers.h"
#include "ring.h"

#define MAX_STRING 4096
#define MAX_VECTOR 8
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

// The bytes of a vector, up to `wanted` of them and no more than the snap length.
__noinline long put_vector(__u64 pointer, __u64 count, __u64 wanted, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return NOT_CAPTURED;
  __u64 limit = smaller(wanted, settings.snap_length);
  __u64 left = limit;
  offset &= REEL_RECORD_MASK;
  for (int index = 0; index < MAX_VECTOR; index++) {
    if (index >= count || left == 0) break;
    __u64 element[2];
    if (!read_pair(pointer, index, element)) return NOT_CAPTURED;
    __u64 length = bounded(smaller(element[1], left));
    if (length == 0) continue;
    offset &= REEL_RECORD_MASK;
    if (bpf_probe_read_user(record_at(ring, offset), length, (const void *)element[0]) != 0) return NOT_CAPTURED;
    offset = (offset + length) & REEL_RECORD_MASK;
    left -= length;
  }
  return CAPTURED(offset, left || wanted > limit ? REEL_CAPTURE_TRUNCATED : 0);
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

// One capture of the kinds that a `msghdr` is asked for.
__noinline long put_message(__u64 kind, __u64 pointer, __u64 wanted, __u64 offset) {
  struct reel_ring *ring = own_ring();
  if (!ring) return NOT_CAPTURED;
  struct {
    __u64 name;
    __u32 name_length, padding;
    __u64 vector, vector_count, control, control_length;
  } header;
  if (is_compat(bpf_get_current_task_btf())) {
    __u32 narrow[6];
    if (bpf_probe_read_user(narrow, sizeof narrow, (const void *)pointer) != 0) return NOT_CAPTURED;
    header.name = narrow[0];
    header.name_length = narrow[1];
    header.vector = narrow[2];
    header.vector_count = narrow[3];
    header.control = narrow[4];
    header.control_length = narrow[5];
  } else if (bpf_probe_read_user(&header, sizeof header, (const void *)pointer) != 0) {
    return NOT_CAPTURED;
  }
  switch (kind) {
    case REEL_CAPTURE_MESSAGE_NAME:
      if (!header.name || header.name_length < 2) return NOTHING_TO_CAPTURE;
      return put_bytes(ring, offset, header.name, smaller(header.name_length, MAX_ADDRESS));
    case REEL_CAPTURE_MESSAGE_CONTROL:
      if (!header.control || !header.control_length) return NOTHING_TO_CAPTURE;
      return put_bytes(ring, offset, header.control, smaller(header.control_length, MAX_CONTROL));
    default:
      return put_vector(header.vector, header.vector_count, wanted, offset);
  }
}

// Everything but payload, which the caller does itself because it is the frequent one.
//
// `extent` is the value of the length argument where the kind has one, else the plan's size; bytes for an array.
__noinline long put_capture(__u64 kind, __u64 pointer, __u64 extent, __u64 result, __u64 offset) {
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
    case REEL_CAPTURE_VECTOR:
      return put_vector(pointer, extent, result, offset);
    case REEL_CAPTURE_STRING_ARRAY:
      return put_strings(pointer, offset);
    case REEL_CAPTURE_MESSAGES: {
      __u32 length = 0;
      if (bpf_probe_read_user(&length, sizeof length, (const void *)(pointer + (is_compat(bpf_get_current_task_btf()) ? 28 : 56))) != 0)
        return NOT_CAPTURED;
      return put_message(REEL_CAPTURE_MESSAGE, pointer, length, offset);
    }
    case REEL_CAPTURE_MESSAGE:
    case REEL_CAPTURE_MESSAGE_NAME:
    case REEL_CAPTURE_MESSAGE_CONTROL:
      return put_message(kind, pointer, result, offset);
  }
  return NOT_CAPTURED;
}

#endif
