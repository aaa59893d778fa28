#include "CLibBPF.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdio.h>

// The type of a tracepoint's programs is a pointer to a function, named after it, in the kernel's type information.
static int arguments_of(const struct btf *types, const char *name) {
  char full[96];
  snprintf(full, sizeof full, "btf_trace_%s", name);
  int number = btf__find_by_name_kind(types, full, BTF_KIND_TYPEDEF);
  if (number < 0) return -1;
  const struct btf_type *type = btf__type_by_id(types, btf__type_by_id(types, (__u32)number)->type);
  if (!type || !btf_is_ptr(type)) return -1;
  type = btf__type_by_id(types, type->type);
  return type && btf_is_func_proto(type) ? btf_vlen(type) : -1;
}

void reel_count_tracepoint_arguments(const char *const *names, int *counts, int count) {
  struct btf *types = btf__load_vmlinux_btf();
  for (int index = 0; index < count; index++) counts[index] = types ? arguments_of(types, names[index]) : -1;
  btf__free(types);
}

bool reel_has_kernel_function(const char *name) {
  struct btf *types = btf__load_vmlinux_btf();
  int function = types ? btf__find_by_name_kind(types, name, BTF_KIND_FUNC) : -1;
  btf__free(types);
  return function >= 0;
}
