// The few kernel structures that the probe reads. Only the members named here matter: the loader relocates each
// access to the running kernel's own layout.
#ifndef REEL_KERNEL_TYPES_H
#define REEL_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long di, si, dx, r10, r8, r9, orig_ax;
  unsigned long bx, cx, bp, ip;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
  __u64 regs[31];
};
struct pt_regs {
  __u64 regs[31];
  __u64 orig_x0;
  __s32 syscallno;
};
#endif

struct thread_info {
  __u32 status;
};

typedef struct {
  __u32 val;
} kernel_id;

struct list_head {
  struct list_head *next, *prev;
};

struct qstr {
  union {
    struct {
      __u32 hash;
      __u32 len;
    };
    __u64 hash_len;
  };
  const unsigned char *name;
};

struct super_block {
  __u32 s_dev;
  unsigned long s_flags;
  unsigned long s_magic;
};

struct timespec64 {
  __s64 tv_sec;
  long tv_nsec;
};

struct inode {
  __u16 i_mode;
  unsigned int i_flags;
  kernel_id i_uid, i_gid;
  unsigned int i_generation;
  struct super_block *i_sb;
  unsigned long i_ino;
  __u32 i_rdev;
  unsigned int i_nlink;
  __s64 i_mtime_sec, i_ctime_sec;
  __u32 i_mtime_nsec, i_ctime_nsec;
};

// Before 6.11 (times) and 6.6 (the change time's accessor) an inode kept timespec64 values.
struct inode___old_times {
  struct timespec64 i_mtime;
  struct timespec64 i_ctime;
};
struct inode___middle_times {
  struct timespec64 __i_ctime;
  struct timespec64 i_mtime;
};

struct dentry {
  unsigned int d_flags;
  struct dentry *d_parent;
  struct qstr d_name;
  struct inode *d_inode;
  struct {
    void *pprev;
  } d_hash;
};

struct vfsmount {
  struct dentry *mnt_root;
  int mnt_flags;
};

struct mount {
  struct mount *mnt_parent;
  struct dentry *mnt_mountpoint;
  struct vfsmount mnt;
  int mnt_id;
};

struct path {
  struct vfsmount *mnt;
  struct dentry *dentry;
};

struct file {
  struct inode *f_inode;
  struct path f_path;
  unsigned int f_flags;
  void *f_op;
  __s64 f_pos;
  void *private_data;
};

struct fdtable {
  unsigned int max_fds;
  struct file **fd;
  unsigned long *close_on_exec;
  unsigned long *open_fds;
};

struct files_struct {
  struct fdtable *fdt;
};

struct fs_struct {
  struct path root, pwd;
};

struct pid_namespace;

struct upid {
  int nr;
  struct pid_namespace *ns;
};

struct pid {
  unsigned int level;
  struct upid numbers[1];
};

typedef struct {
  __u64 val;
} kernel_capabilities;

struct ns_common {
  unsigned int inum;
};

struct user_namespace {
  struct ns_common ns;
};

struct cred {
  kernel_id uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
  kernel_capabilities cap_inheritable, cap_permitted, cap_effective;
  struct user_namespace *user_ns;
};

// Before Linux 6.3 a set of capabilities was two 32-bit numbers: the same bytes.
struct kernel_capabilities___halves {
  __u32 cap[2];
};
struct cred___halves {
  struct kernel_capabilities___halves cap_inheritable, cap_permitted, cap_effective;
};

struct uts_namespace {
  struct ns_common ns;
};
struct ipc_namespace {
  struct ns_common ns;
};
struct mnt_namespace {
  struct ns_common ns;
};
struct task_struct;
struct pid_namespace {
  struct ns_common ns;
  struct task_struct *child_reaper;
};
struct net {
  struct ns_common ns;
};
struct cgroup_namespace {
  struct ns_common ns;
};

struct nsproxy {
  struct uts_namespace *uts_ns;
  struct ipc_namespace *ipc_ns;
  struct mnt_namespace *mnt_ns;
  struct pid_namespace *pid_ns_for_children;
  struct net *net_ns;
  struct cgroup_namespace *cgroup_ns;
};

struct kernfs_node {
  struct kernfs_node *parent;
  const char *name;
  __u64 id;
};
// The member's name since 6.15.
struct kernfs_node___renamed {
  struct kernfs_node *__parent;
};

struct cgroup {
  struct kernfs_node *kn;
  int level;
};

struct cgroup_subsys_state {
  struct cgroup *cgroup;
};
// Numbered by the kernel's configuration.
enum cgroup_subsys_id {
  memory_cgrp_id = 4,
  pids_cgrp_id = 11,
};

struct css_set {
  struct cgroup_subsys_state *subsys[16];
  struct cgroup *dfl_cgrp;
};

struct tty_driver {
  int major, minor_start;
};

struct tty_struct {
  int index;
  struct tty_driver *driver;
};

struct rlimit {
  unsigned long rlim_cur;
};

struct signal_struct {
  struct tty_struct *tty;
  unsigned int is_child_subreaper : 1;
  unsigned int has_child_subreaper : 1;
  struct rlimit rlim[16];
  struct pid *pids[4];
  int group_exit_code;
  int nr_threads;
  unsigned long long sum_sched_runtime;
  unsigned int flags;
  // Threads that are still alive.
  struct {
    int counter;
  } live;
};

struct percpu_counter {
  __s64 count;
};

struct mm_struct {
  struct {
    unsigned long arg_start, arg_end, env_start, env_end;
    unsigned long total_vm;
    struct file *exe_file;
    struct percpu_counter rss_stat[4];
  };
};
// Before Linux 6.2 the kinds of pages were counted in plain numbers.
struct mm_rss_stat___plain {
  struct {
    __s64 counter;
  } count[4];
};
struct mm_struct___plain {
  struct {
    struct mm_rss_stat___plain rss_stat;
  };
};

struct sched_entity {
  __u64 sum_exec_runtime;
};

struct task_struct {
  struct thread_info thread_info;
  unsigned int __state;
  int exit_state;
  unsigned int flags;
  int pid, tgid;
  int exit_code;
  struct pid *thread_pid;
  struct task_struct *real_parent, *group_leader;
  __u64 start_boottime;
  __u64 self_exec_id;
  __u64 utime, stime;
  unsigned long min_flt, maj_flt;
  struct sched_entity se;
  struct cred *cred;
  char comm[16];
  struct fs_struct *fs;
  struct files_struct *files;
  struct nsproxy *nsproxy;
  struct signal_struct *signal;
  struct mm_struct *mm;
  struct css_set *cgroups;
  kernel_id loginuid;
};

struct kernel_siginfo {
  struct {
    int si_signo, si_errno, si_code;
    union {
      struct {
        int _pid;
      } _kill;
      struct {
        void *_addr;
      } _sigfault;
    } _sifields;
  };
};
struct sigaction {
  void *sa_handler;
  unsigned long sa_flags;
};
struct k_sigaction {
  struct sigaction sa;
};

struct linux_binprm {
  const char *filename;
};

struct in6_addr {
  union {
    __u8 u6_addr8[16];
    __u32 u6_addr32[4];
  } in6_u;
};

struct sock_common {
  union {
    __u64 skc_addrpair;
    struct {
      __u32 skc_daddr;
      __u32 skc_rcv_saddr;
    };
  };
  union {
    __u32 skc_portpair;
    struct {
      __u16 skc_dport;
      __u16 skc_num;
    };
  };
  __u16 skc_family;
  volatile unsigned char skc_state;
  int skc_bound_dev_if;
  struct {
    struct net *net;
  } skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_type;
  __u16 sk_protocol;
  void *sk_user_data;
  unsigned int sk_max_ack_backlog;
};

struct socket {
  short type;
  struct sock *sk;
};

struct unix_address {
  int len;
  struct {
    __u16 sun_family;
    char sun_path[108];
  } name[1];
};

struct unix_sock {
  struct sock sk;
  struct unix_address *addr;
  struct sock *peer;
};

struct netlink_sock {
  __u32 portid, dst_portid, dst_group;
};

struct packet_sock {
  int ifindex;
  __u16 num;
};

// The two iterators' contexts.
struct bpf_iter_meta {
  struct seq_file *seq;
  __u64 session_id;
  __u64 seq_num;
};
struct bpf_iter__task {
  union {
    struct bpf_iter_meta *meta;
  };
  union {
    struct task_struct *task;
  };
};
struct bpf_iter__task_file {
  union {
    struct bpf_iter_meta *meta;
  };
  union {
    struct task_struct *task;
  };
  __u32 fd;
  union {
    struct file *file;
  };
};

struct bpf_iter__bpf_map_elem {
  union {
    struct bpf_iter_meta *meta;
  };
  union {
    void *key;
  };
  union {
    void *value;
  };
};

struct iovec {
  void *iov_base;
  unsigned long iov_len;
};

struct user_msghdr {
  void *msg_name;
  int msg_namelen;
  struct iovec *msg_iov;
  unsigned long msg_iovlen;
  void *msg_control;
  unsigned long msg_controllen;
  unsigned int msg_flags;
};

#pragma clang attribute pop

#endif
