#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int reel_core_count(void) {
  cpu_set_t allowed;
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  // A machine with more processors than the set has room for is asked otherwise.
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) online = CPU_COUNT(&allowed);
  return online < 1 ? 1 : (int)online;
}

void reel_keep_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

void reel_return_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

int reel_peek_pipe(int descriptor, void *bytes, int count) {
  int copy[2];
  if (pipe2(copy, O_CLOEXEC) != 0) return -1;
  ssize_t seen = tee(descriptor, copy[1], (size_t)count, 0);
  if (seen > 0) seen = read(copy[0], bytes, (size_t)seen);
  close(copy[0]);
  close(copy[1]);
  return (int)seen;
}

int reel_make_wakener(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int reel_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }
