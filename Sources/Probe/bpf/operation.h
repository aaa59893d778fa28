// What is done for a system call.
#ifndef REEL_OPERATION_H
#define REEL_OPERATION_H

#include "maps.h"

// One word behind the registers belongs to the operation; at most one of these is set.
#define REEL_OPERATION_WITH_EXTRA \
  (REEL_OPERATION_WITH_NUMBER | REEL_OPERATION_WITH_DIRECTORY | REEL_OPERATION_WITH_VICTIM)

// What gives a thing its name or its role.
#define REEL_OPERATION_NAMES \
  (REEL_OPERATION_OPENS | REEL_OPERATION_ACCEPTS | REEL_OPERATION_CONNECTS | REEL_OPERATION_LISTENS)

static __always_inline struct reel_operation *operation_of(__u32 number, bool compat) {
  __u32 index = compat || number >= REEL_OPERATION_UNKNOWN ? REEL_OPERATION_UNKNOWN : number;
  // Without the barrier the compiler drops the mask, and the verifier does not know the index to be small.
  barrier_var(index);
  return &operations[index & (REEL_OPERATIONS - 1)];
}

#endif
