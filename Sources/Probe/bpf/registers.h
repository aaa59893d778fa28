// The argument registers of a system call.
#ifndef REEL_REGISTERS_H
#define REEL_REGISTERS_H

#include "kernel_types.h"

// The same number at all entries of all architectures.
#define CLONE3 435

#if defined(__TARGET_ARCH_x86)

// Set while a task runs a call of the 32-bit entry.
#define STATUS_COMPAT 2

static __always_inline bool is_compat(struct task_struct *task) { return task->thread_info.status & STATUS_COMPAT; }

static __always_inline __s32 call_number(struct pt_regs *registers) { return (__s32)registers->orig_ax; }

// The number of `socketcall` at the 32-bit entry; its first argument says which call is meant.
#define SOCKET_CALL 102
#define NATIVE_EXECVE 59

static __always_inline __u32 first_compat_argument(struct pt_regs *registers) { return registers->bx; }

// The registers of the 32-bit entry. A 64-bit program may enter there as well, with anything in their upper halves.
static __always_inline void load_compat_registers(struct pt_regs *registers, __u64 *arguments) {
  arguments[0] = (__u32)registers->bx;
  arguments[1] = (__u32)registers->cx;
  arguments[2] = (__u32)registers->dx;
  arguments[3] = (__u32)registers->si;
  arguments[4] = (__u32)registers->di;
  arguments[5] = (__u32)registers->bp;
}

static __always_inline void load_arguments(struct pt_regs *registers, __u64 *arguments) {
  arguments[0] = registers->di;
  arguments[1] = registers->si;
  arguments[2] = registers->dx;
  arguments[3] = registers->r10;
  arguments[4] = registers->r8;
  arguments[5] = registers->r9;
}

#elif defined(__TARGET_ARCH_arm64)

#define THREAD_32BIT (1u << 22)

static __always_inline bool is_compat(struct task_struct *task) { return false; }

static __always_inline __s32 call_number(struct pt_regs *registers) { return registers->syscallno; }

#define SOCKET_CALL 102
#define NATIVE_EXECVE 221
static __always_inline __u32 first_compat_argument(struct pt_regs *registers) { return 0; }
static __always_inline void load_compat_registers(struct pt_regs *registers, __u64 *arguments) {}

// At exit x0 holds the result; the kernel keeps the first argument aside.
static __always_inline void load_arguments(struct pt_regs *registers, __u64 *arguments) {
  arguments[0] = registers->orig_x0;
  arguments[1] = registers->regs[1];
  arguments[2] = registers->regs[2];
  arguments[3] = registers->regs[3];
  arguments[4] = registers->regs[4];
  arguments[5] = registers->regs[5];
}

#endif

#endif
