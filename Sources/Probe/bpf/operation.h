// What is done for a system call.
#ifndef REEL_OPERATION_H
#define REEL_OPERATION_H

#include "registers.h"
#include "task.h"

// One word behind the registers belongs to the operation; at most one of these is set.
#define REEL_OPERATION_WITH_EXTRA \
  (REEL_OPERATION_WITH_NUMBER | REEL_OPERATION_WITH_DIRECTORY | REEL_OPERATION_WITH_VICTIM)

// What gives a thing its name or its role.
#define REEL_OPERATION_NAMES \
  (REEL_OPERATION_OPENS | REEL_OPERATION_ACCEPTS | REEL_OPERATION_CONNECTS | REEL_OPERATION_LISTENS)

// Calls of the 32-bit entry have numbers of their own. `registers` say which call a `socketcall` stands for; without them it
// stands for none.
static __always_inline struct reel_operation *operation_of(__u32 number, bool compat, struct pt_regs *registers) {
  __u32 index = number >= REEL_OPERATION_UNKNOWN ? REEL_OPERATION_UNKNOWN : number;
  if (compat) {
    index = number >= REEL_COMPAT_OPERATIONS ? REEL_OPERATION_UNKNOWN : REEL_OPERATION_COMPAT + number;
    if (number == SOCKET_CALL && registers)
      index = REEL_OPERATION_SOCKET + (first_compat_argument(registers) & (REEL_SOCKET_OPERATIONS - 1));
  }
  // A number that is always 0 and that the verifier does not know: it forgets which part of the table is meant, and need
  // not look at all that follows once for each of them.
  index ^= control.zero;
  barrier_var(index);
  index &= 2047;
  return &operations[index < REEL_OPERATIONS ? index : REEL_OPERATION_UNKNOWN];
}

// Whether calls of a number are left alone, whoever makes them and through which entry: known without asking for the task.
static __always_inline bool is_skipped(long number) {
  return (__u64)number < REEL_COMPAT_OPERATIONS && control.skipped[number & (REEL_COMPAT_OPERATIONS - 1)];
}

// Whether a call that returns is left alone. One whose number is lost is not, nor one that may be the end of an execution: the
// number of that is of the width of the program before, which may be another one.
static __always_inline bool is_ignored(struct reel_operation *operation, __u32 number, bool compat) {
  return operation->flags & REEL_OPERATION_IGNORED && number != ~0u &&
         !(operation_of(number, !compat, 0)->flags & REEL_OPERATION_EXECUTES);
}

// Puts the arguments of a call of the 32-bit entry in the places that they have in a 64-bit call: some take two registers,
// and those of `socketcall` stand in memory.
static __noinline int arrange_compat_arguments(struct task_slot *slot, struct reel_operation *operation) {
  __u64 *arguments = slot->arguments;
  if (operation->flags & REEL_OPERATION_INDIRECT) {
    __u32 values[6] = {};
    // Fewer may be there than six: the rest is whatever stands behind them, or cannot be read.
    if (bpf_probe_read_user(values, sizeof values, (const void *)arguments[1]) != 0 &&
        bpf_probe_read_user(values, sizeof values / 2, (const void *)arguments[1]) != 0)
      return 0;
    for (int index = 0; index < 6; index++) arguments[index] = values[index];
    return 0;
  }
  __u32 wide = operation->wide, from = 0;
  if (!wide) return 0;
  arguments[6] = arguments[7] = 0;
  // Read ahead of what is written.
  for (int index = 0; index < 6; index++) {
    __u64 value = arguments[from & 7];
    from++;
    if (wide >> index & 1) {
      value |= arguments[from & 7] << 32;
      from++;
    }
    arguments[index] = value;
    if (from > 6) from = 6;
  }
  return 0;
}

// The arguments of the call into the task's slot.
static __always_inline void take_arguments(struct pt_regs *registers, struct task_slot *slot,
                                           struct reel_operation *operation, bool compat) {
  if (!compat) {
    load_arguments(registers, slot->arguments);
    return;
  }
  load_compat_registers(registers, slot->arguments);
  if (operation->wide || operation->flags & REEL_OPERATION_INDIRECT) arrange_compat_arguments(slot, operation);
}

#endif
