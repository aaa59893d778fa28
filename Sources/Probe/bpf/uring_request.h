// Reads a request of io_uring, as the kernel has made it, into the desk of this CPU.
#ifndef REEL_URING_REQUEST_H
#define REEL_URING_REQUEST_H

#include "uring_state.h"

static __always_inline void take_name(struct uring_paths *paths, int index, struct filename *name) {
  if (!name) return;
  long length = bpf_probe_read_kernel_str(paths->texts[index], REQUEST_ROOM, READ(name, name));
  if (length > 1) paths->lengths[index] = length - 1;
}

// Reads the vector of a request into this CPU's desk: of a message, its header says where that is.
__noinline int describe_uring_vector(__u64 address, __u64 count, __u64 is_message) {
  struct uring_desk *desk = own_desk();
  if (!desk || is_compat(bpf_get_current_task_btf())) return 0;
  struct uring_vector *vector = &desk->vector;
  if (is_message) {
    __u64 pair[2];
    if (bpf_probe_read_user(pair, sizeof pair, (const void *)(address + 16)) != 0) return 0;
    address = pair[0];
    count = pair[1];
  }
  __u64 bytes = bounded(smaller(count, URING_ELEMENTS) * 16);
  if (bytes == 0 || bytes > sizeof vector->elements) return 0;
  if (bpf_probe_read_user(vector->elements, bytes, (const void *)address) == 0) vector->count = count;
  return 0;
}

// Reads a request into this CPU's desk. `is_prepared`: it was submitted just now, so that what it owns is still there.
__noinline int describe_uring_request(__u64 address, __u64 is_prepared) {
  struct uring_desk *desk = own_desk();
  struct reel_ring *ring = own_ring();
  if (!desk || !ring) return 0;
  struct io_kiocb *request = (void *)address;
  struct uring_request *entry = &desk->request;
  struct uring_words *words = &entry->words;
  desk->paths.lengths[0] = 0;
  desk->paths.lengths[1] = 0;
  desk->vector.count = 0;
  desk->key = address;
  entry->directory_object = 0;
  entry->makes_descriptor = 0;
  entry->address_length = 0;
  entry->object = 0;
  entry->context = as_number(&ring->scratch, READ(request, ctx));
  __u32 opcode = READ(request, opcode);
  words->opcode = opcode;
  words->user_data = READ(request, cqe.user_data);
  // Those of the submission; what stands above them is the kernel's.
  words->flags = READ(request, flags) & 0xFF;
  words->descriptor = words->directory = words->new_directory = REEL_VALUE_MISSING;
  words->address = words->size = words->offset = words->operation_flags = REEL_VALUE_MISSING;
  words->open_flags = words->mode = REEL_VALUE_MISSING;
  if (!is_prepared) return 0;
  if (IS_ONE_OF(opcode, URING_WITH_FILE)) words->descriptor = (__s64)(__s32)READ(request, cqe.fd);
  if (IS_ONE_OF(opcode, URING_MOVES_BYTES)) {
    struct io_rw *part = (void *)address;
    words->address = READ(part, addr);
    words->size = READ(part, len);
    words->offset = READ(part, kiocb.ki_pos);
    words->operation_flags = (__u32)READ(part, flags);
    if (IS_ONE_OF(opcode, URING_VECTORS)) describe_uring_vector(words->address, words->size, 0);
  } else if (IS_ONE_OF(opcode, URING_MESSAGES)) {
    struct io_sr_msg *part = (void *)address;
    words->address = as_number(&ring->scratch, READ(part, buf));
    words->size = (__u32)READ(part, len);
    words->operation_flags = READ(part, msg_flags);
    if (IS_ONE_OF(opcode, URING_WITH_HEADER)) describe_uring_vector(words->address, 0, 1);
  } else if (opcode == URING_OPENAT || opcode == URING_OPENAT2) {
    struct io_open *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->open_flags = READ(part, how.flags);
    words->mode = READ(part, how.mode);
    entry->makes_descriptor = !READ(part, file_slot);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_CONNECT) {
    struct io_connect *part = (void *)address;
    words->size = (__u32)READ(part, addr_len);
    words->address = as_number(&ring->scratch, READ(part, addr));
    __u64 length = bounded(smaller(words->size, MAX_ADDRESS));
    if (length <= MAX_ADDRESS && bpf_probe_read_user(entry->address, length, (void *)words->address) == 0)
      entry->address_length = length;
  } else if (opcode == URING_ACCEPT) {
    struct io_accept *part = (void *)address;
    words->operation_flags = (__u32)READ(part, flags);
    entry->makes_descriptor = !READ(part, file_slot);
  } else if (opcode == URING_SOCKET) {
    struct io_socket *part = (void *)address;
    words->operation_flags = (__u32)READ(part, flags);
    entry->makes_descriptor = !READ(part, file_slot);
  } else if (opcode == URING_CLOSE) {
    struct io_close *part = (void *)address;
    if (!READ(part, file_slot)) words->descriptor = (__s64)(__s32)READ(part, fd);
  } else if (opcode == URING_SHUTDOWN) {
    struct io_shutdown *part = (void *)address;
    words->operation_flags = (__u32)READ(part, how);
  } else if (opcode == URING_STATX) {
    struct io_statx *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->operation_flags = READ(part, flags);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_UNLINKAT) {
    struct io_unlink *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_MKDIRAT) {
    struct io_mkdir *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, dfd);
    words->mode = READ(part, mode);
    take_name(&desk->paths, 0, READ(part, filename));
  } else if (opcode == URING_RENAMEAT) {
    struct io_rename *part = (void *)address;
    words->directory = (__s64)(__s32)READ(part, old_dfd);
    words->new_directory = (__s64)(__s32)READ(part, new_dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, oldpath));
    take_name(&desk->paths, 1, READ(part, newpath));
  } else if (opcode == URING_LINKAT || opcode == URING_SYMLINKAT) {
    struct io_link *part = (void *)address;
    // The text of a symbolic link is relative to nothing that is known here.
    if (opcode == URING_LINKAT) words->directory = (__s64)(__s32)READ(part, old_dfd);
    words->new_directory = (__s64)(__s32)READ(part, new_dfd);
    words->operation_flags = (__u32)READ(part, flags);
    take_name(&desk->paths, 0, READ(part, oldpath));
    take_name(&desk->paths, 1, READ(part, newpath));
  }
  return 0;
}

#endif
