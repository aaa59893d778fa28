// Namespaces and mounts, in ones of their own.
#include "calls.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>

#define OLD_BIND 4096
#define OLD_REC 16384
#define OLD_PRIVATE (1 << 18)

static void apart(void) {
  CALL(unshare, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC);
  CALL(unshare, 0x1);
  CALL(mount, "none", "/", NULL, OLD_REC | OLD_PRIVATE, NULL);
  CALL(mkdir, "mount", 0700);
  CALL(mount, "tmpfs", "mount", "tmpfs", 6 /* MS_NOSUID|MS_NODEV */, "size=64k,mode=700");
  CALL(mount, "mount", "mount", NULL, OLD_BIND, NULL);
  CALL(mount, NOWHERE, "mount", NULL, OLD_BIND, NULL);
  CALL(mount, "x", ABSENT, "tmpfs", 0, NULL);
  CALL(umount2, "mount", 2 /* MNT_DETACH */);
  CALL(umount2, ABSENT, 8 /* UMOUNT_NOFOLLOW */);
  long context = CALL(fsopen, "tmpfs", FSOPEN_CLOEXEC);
  CALL(fsopen, "no such", 0);
  CALL(fsconfig, context, FSCONFIG_SET_STRING, "size", "64k", 0);
  CALL(fsconfig, context, FSCONFIG_SET_FLAG, "ro", NULL, 0);
  CALL(fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
  CALL(fsconfig, context, 99, NULL, NULL, 0);
  long tree = CALL(fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  CALL(move_mount, tree, "", AT_FDCWD, "mount", MOVE_MOUNT_F_EMPTY_PATH);
  CALL(move_mount, 999, "", AT_FDCWD, "mount", 0);
  CALL(fspick, AT_FDCWD, "mount", FSPICK_CLOEXEC);
  long clone = CALL(open_tree, AT_FDCWD, "mount", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY, .attr_clr = MOUNT_ATTR_NOSUID};
  CALL(mount_setattr, clone, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  CALL(mount_setattr, AT_FDCWD, "mount", 0, NOWHERE, sizeof attributes);
  long space = CALL(open, "/proc/self/ns/uts", O_RDONLY);
  CALL(setns, space, CLONE_NEWUTS);
  CALL(setns, space, CLONE_NEWNET);
  CALL(setns, 999, 0);
  CALL(sethostname, "reel-calls", 10);
  CALL(setdomainname, "reel.calls", 10);
  CALL(sethostname, NOWHERE, 10);
  CALL(pivot_root, "mount", "mount");
  CALL(pivot_root, ABSENT, "mount");
  CALL(chroot, "mount");
  CALL(chroot, ABSENT);
}

void mounts(void) { in_child(apart); }
