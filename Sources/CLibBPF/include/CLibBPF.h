// libbpf and the two operations on shared memory that Swift cannot express on foreign pointers.
#ifndef REEL_CLIBBPF_H
#define REEL_CLIBBPF_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t reel_load_acquire(const uint64_t *address) {
  return __atomic_load_n(address, __ATOMIC_ACQUIRE);
}

static inline void reel_store_release(uint64_t *address, uint64_t value) {
  __atomic_store_n(address, value, __ATOMIC_RELEASE);
}

// How many arguments the functions of tracepoints take, the first one included that stands before those of the tracepoint;
// -1 where the kernel has none of that name.
void reel_count_tracepoint_arguments(const char *const *names, int *counts, int count);

// Whether the kernel's type information has a function of that name.
bool reel_has_kernel_function(const char *name);

// Keeps what libbpf says from now on instead of printing it.
void reel_keep_bpf_messages(void);

// What libbpf said since the last call, at most the newest 64 KiB; valid until libbpf speaks again.
const char *reel_take_bpf_messages(void);

#endif
