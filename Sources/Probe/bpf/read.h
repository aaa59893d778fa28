// Reading the kernel's structures without a helper call where the kernel allows it.
//
// A pointer that is only a number to the verifier becomes readable by `bpf_rdonly_cast` (Linux 6.2), which costs
// nothing; a bad address then reads as 0, as with a probe read. Elsewhere each step is a probe read. The test is decided
// when the program is loaded: the branch that is not taken is removed.
#ifndef REEL_READ_H
#define REEL_READ_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_rdonly_cast(const void *object, __u32 type_id) __ksym __weak;

// A pointer whose members can be loaded. Only where `bpf_rdonly_cast` is there.
#define CAST(pointer) \
  ((typeof(pointer))bpf_rdonly_cast((const void *)(pointer), bpf_core_type_id_kernel(typeof(*(pointer)))))

// A pointer that the verifier trusts, as one that it need not. When a pointer is loaded through one that it trusts, it looks
// up whether that can be trusted as well, in the type information of the whole kernel from its beginning: this was half of
// the time that loading took. Not for what is handed to a helper.
#define PLAIN(pointer) (bpf_rdonly_cast ? CAST(pointer) : (pointer))

// READ(task, real_parent, tgid): task->real_parent->tgid; 0 where a pointer on the way is bad.
#define READ(pointer, ...)                                          \
  ({                                                                \
    typeof(___arrow((pointer), __VA_ARGS__)) value_that_was_read;   \
    if (bpf_rdonly_cast) {                                          \
      value_that_was_read = ___arrow(CAST(pointer), __VA_ARGS__);   \
    } else {                                                        \
      /* A plain variable: members on the way to it would be relocated too. */ \
      typeof(pointer) read_from = (pointer);                        \
      value_that_was_read = BPF_CORE_READ(read_from, __VA_ARGS__);  \
    }                                                               \
    value_that_was_read;                                            \
  })

// The same for a pointer that the verifier knows.
#define LOAD(pointer, ...) ___arrow((pointer), __VA_ARGS__)

// A set of capabilities: CAPABILITIES(READ, cred, cap_effective).
#define CAPABILITIES(HOW, pointer, set)                              \
  (bpf_core_field_exists(((struct cred *)0)->set.val)                \
       ? HOW((struct cred *)(pointer), set.val)                      \
       : HOW((struct cred___halves *)(pointer), set.cap[0]) |        \
             (__u64)HOW((struct cred___halves *)(pointer), set.cap[1]) << 32)

// A pointer as a plain number: what takes numbers only (a global function, arithmetic) does not take pointers that the
// verifier knows. A detour through memory of the program's own makes it forget.
static __always_inline __u64 as_number(__u64 *own_memory, const void *pointer) {
  *(volatile __u64 *)own_memory = (__u64)pointer;
  return *(volatile __u64 *)own_memory;
}

#endif
