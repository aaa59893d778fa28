// A workload that makes system calls of every family, good ones and failing ones, by their numbers: what the C library
// would do instead is not wanted.
#ifndef REEL_CALLS_H
#define REEL_CALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// Newer than the headers that this may be built with.
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

// CALL(openat, AT_FDCWD, "x", O_RDONLY): the call alone; it may fail.
#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
// Memory that nobody has.
#define NOWHERE ((void *)0x10)
#define ABSENT "/absent/reel"

void files(void);
void attributes(void);
void memory(void);
void channels(void);
void transfers(void);
void sockets(void);
void waiting(void);
void signals(void);
void processes(void);
void identities(void);
void mounts(void);
void administration(void);
void anything(void);

// Runs a part in a process of its own, which may change itself.
static inline void in_child(void (*part)(void)) {
  long child = CALL(fork);
  if (child == 0) {
    part();
    _exit(0);
  }
  if (child > 0) CALL(wait4, child, NULL, 0, NULL);
}

#endif
