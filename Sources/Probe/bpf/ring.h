// Writing records into a ring: that of this CPU, or that of the snapshot.
//
// Tracepoint programs run with preemption disabled, so that only an interrupt's program can run on top of another:
// `busy` keeps it out. Offsets inside a record are masked at each use with room behind the ring: the verifier then
// knows every store to be inside the map's value without knowing the lengths.
//
// An iterator can be preempted, and a system call's program may then run on its CPU: it writes into a ring of its own,
// which nothing else writes into. Functions that write take the number of the ring.
#ifndef REEL_RING_H
#define REEL_RING_H

#include "maps.h"

#define compiler_barrier() asm volatile("" ::: "memory")

static __always_inline struct reel_ring *ring_numbered(__u32 number) { return bpf_map_lookup_elem(&rings, &number); }

// The number of this CPU's ring.
static __always_inline __u32 own_ring_number(void) { return bpf_get_smp_processor_id(); }

static __always_inline struct reel_ring *own_ring(void) { return ring_numbered(own_ring_number()); }

static __always_inline __u8 *ring_data(struct reel_ring *ring) {
  return (__u8 *)ring + REEL_RING_HEADER;
}

static __always_inline __u64 ring_start(struct reel_ring *ring) {
  return ring->head & settings.ring_mask;
}

// Where byte `offset` of the record under construction stands.
static __always_inline __u8 *record_at(struct reel_ring *ring, __u64 offset) {
  return ring_data(ring) + ring_start(ring) + (offset & REEL_RECORD_MASK);
}

// Whether a record of up to `room` bytes fits, with the last sixteenth of the ring kept for the life of processes.
static __always_inline bool ring_has_room(struct reel_ring *ring, __u32 room, bool reserve) {
  __u64 size = (__u64)settings.ring_mask + 1;
  __u64 used = ring->head - ring->tail;
  if (!reserve) size -= size >> 4;
  return used + room <= size;
}

// Makes a finished record visible to user space.
static __always_inline void ring_publish(struct reel_ring *ring, __u64 length) {
#if defined(__TARGET_ARCH_x86)
  // Stores are not reordered with earlier stores on x86.
  compiler_barrier();
  *(volatile __u64 *)&ring->head = ring->head + length;
#else
  __sync_fetch_and_add(&ring->head, length);
#endif
}

// Wakes user space when a ring is a quarter full, or for an event of a type that it waits for, once until it has looked:
// a wake-up for each event would cost more than the event.
static __always_inline void ring_call(struct reel_ring *ring, __u32 type) {
  if (ring->head - ring->tail < ((__u64)settings.ring_mask + 1) / 4 && !control.urgent[type & (REEL_URGENT_TYPES - 1)])
    return;
  if (ring->called_at == ring->tail) return;
  ring->called_at = ring->tail;
  __u64 nothing = 0;
  bpf_ringbuf_output(&doorbell, &nothing, sizeof nothing, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void count_loss(struct reel_ring *ring, enum reel_loss cause) {
  ring->lost[cause]++;
}

static __always_inline bool ring_enter(struct reel_ring *ring) {
  if (ring->busy) {
    count_loss(ring, REEL_LOSS_NESTED);
    return false;
  }
  *(volatile __u64 *)&ring->busy = 1;
  compiler_barrier();
  return true;
}

static __always_inline void ring_leave(struct reel_ring *ring) {
  compiler_barrier();
  *(volatile __u64 *)&ring->busy = 0;
}

// A number that no other thing of this recording has: rings take turns in the number space.
static __always_inline __u64 next_identity(struct reel_ring *ring, __u32 number) {
  __u64 turn = ring->next_identity + 1;
  ring->next_identity = turn;
  return turn * (settings.cpu_count + 1) + number;
}

#define ROUND8(n) (((n) + 7) & ~7ull)

#endif
