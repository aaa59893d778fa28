// What the C library declares as variadic or as a macro, so that Swift cannot call it.
#ifndef REEL_CLINUX_H
#define REEL_CLINUX_H

#include <sys/prctl.h>

// Makes this process the parent of its descendants' orphans. 0, or -1 with errno.
static inline int reel_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

#endif
