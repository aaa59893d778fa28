// What the C library declares as variadic or as a macro, so that Swift cannot call it.
#ifndef REEL_CLINUX_H
#define REEL_CLINUX_H

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Makes this process the parent of its descendants' orphans. 0, or -1 with errno.
static inline int reel_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// No core dumps, and no looking into this process for others of the same user.
static inline void reel_protect_memory(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Threads and processes that the calling thread makes from now on do not inherit its raised priority. Cannot be taken
// back without rights. 0, or -1 with errno.
static inline int reel_keep_priority(void) {
  struct sched_param none = {0};
  return sched_setscheduler(0, SCHED_OTHER | 0x40000000 /* SCHED_RESET_ON_FORK */, &none);
}

// A descriptor that becomes readable when the process ends. -1 with errno.
static inline int reel_open_process(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

// Sends a signal to the process of a descriptor, never to another one that got its id. 0, or -1 with errno.
static inline int reel_signal_process(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, 0, 0);
}

// How many processors this process may use, at least 1.
int reel_core_count(void);

// The first bytes of a pipe, which stay in it: waits for some, or for its end. How many, 0 at the end, -1 when this is no
// pipe.
int reel_peek_pipe(int descriptor, void *bytes, int count);

// Memory that was freed stays with the process, to be used again: giving back a column of a chunk and getting zeroed pages
// for the next one costs as much as decoding it.
void reel_keep_memory(void);

// The opposite: large pieces go back to the kernel at once. For programs that hold few but large things, whose heap would else
// be as large as all of them together ever were.
void reel_return_memory(void);

// A descriptor that becomes readable when eight bytes, a number, are written to it: for waking who waits. -1 with errno.
int reel_make_wakener(void);

// The next connection to a socket, which no other program inherits. -1 with errno.
int reel_accept(int socket);

#endif
