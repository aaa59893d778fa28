// The kernel's structures of io_uring requests. The part of an operation lies at the front of its request.
#ifndef REEL_URING_TYPES_H
#define REEL_URING_TYPES_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct filename {
  const char *name;
};

struct io_cqe {
  __u64 user_data;
  __s32 res;
  union {
    __u32 flags;
    int fd;
  };
};

struct io_kiocb {
  union {
    struct file *file;
  };
  __u8 opcode;
  __u32 flags;
  struct io_cqe cqe;
  void *ctx;
  void *async_data;
};

struct iov_iter {
  union {
    void *ubuf;
  };
};
struct msghdr {
  struct iov_iter msg_iter;
};
struct io_async_msghdr {
  struct msghdr msg;
};

struct io_uring_cqe {
  __u64 user_data;
  __s32 res;
};

struct kiocb {
  __s64 ki_pos;
};
struct io_rw {
  struct kiocb kiocb;
  __u64 addr;
  __u32 len;
  int flags;
};
struct open_how {
  __u64 flags, mode;
};
struct io_open {
  int dfd;
  __u32 file_slot;
  struct filename *filename;
  struct open_how how;
};
struct io_close {
  int fd;
  __u32 file_slot;
};
struct io_accept {
  int flags;
  __u32 file_slot;
};
struct io_connect {
  void *addr;
  int addr_len;
};
struct io_sr_msg {
  union {
    void *buf;
  };
  int len;
  unsigned int msg_flags;
  __u16 flags;
};
struct io_socket {
  int flags;
  __u32 file_slot;
};
struct io_shutdown {
  int how;
};
struct io_statx {
  int dfd;
  unsigned int mask, flags;
  struct filename *filename;
};
struct io_rename {
  int old_dfd, new_dfd;
  struct filename *oldpath, *newpath;
  int flags;
};
struct io_link {
  int old_dfd, new_dfd;
  struct filename *oldpath, *newpath;
  int flags;
};
struct io_unlink {
  int dfd, flags;
  struct filename *filename;
};
struct io_mkdir {
  int dfd;
  __u16 mode;
  struct filename *filename;
};

#pragma clang attribute pop

#endif
