#include "CLibBPF.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

// Messages of the loader come from one thread at a time, but the callback is global: a lock keeps them whole.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[1 << 16];
static char taken[1 << 16];
static size_t used;

static int keep(enum libbpf_print_level level, const char *format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  pthread_mutex_lock(&lock);
  // The verifier's last words matter: the older half makes room.
  if (used > sizeof kept / 2) {
    memmove(kept, kept + sizeof kept / 4, used - sizeof kept / 4);
    used -= sizeof kept / 4;
  }
  int written = vsnprintf(kept + used, sizeof kept - used, format, arguments);
  if (written > 0) {
    used += (size_t)written < sizeof kept - used ? (size_t)written : sizeof kept - used - 1;
  }
  pthread_mutex_unlock(&lock);
  return written;
}

void reel_keep_bpf_messages(void) { libbpf_set_print(keep); }

const char *reel_take_bpf_messages(void) {
  pthread_mutex_lock(&lock);
  memcpy(taken, kept, used);
  taken[used] = 0;
  used = 0;
  pthread_mutex_unlock(&lock);
  return taken;
}
