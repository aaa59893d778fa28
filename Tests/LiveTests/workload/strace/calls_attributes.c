// What is said of files: modes, owners, times, extended attributes.
#include "calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <time.h>
#include <utime.h>

static void looking(void) {
  uint64_t bytes[64];
  long file = CALL(open, "c", O_RDWR | O_CREAT, 0644);
  CALL(stat, "c", bytes);
  CALL(stat, ABSENT, bytes);
  CALL(stat, "c", NOWHERE);
  CALL(lstat, "c", bytes);
  CALL(fstat, file, bytes);
  CALL(fstat, 999, bytes);
  CALL(newfstatat, AT_FDCWD, "c", bytes, AT_SYMLINK_NOFOLLOW);
  CALL(newfstatat, file, "", bytes, AT_EMPTY_PATH);
  CALL(newfstatat, file, "", bytes, 0);
  CALL(statx, AT_FDCWD, "c", AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS | STATX_BTIME, bytes);
  CALL(statx, AT_FDCWD, ABSENT, AT_STATX_DONT_SYNC, STATX_SIZE, bytes);
  CALL(statfs, ".", bytes);
  CALL(fstatfs, file, bytes);
  CALL(statfs, ABSENT, bytes);
  CALL(ustat, 0, bytes);
  CALL(access, "c", R_OK | W_OK);
  CALL(access, ABSENT, F_OK);
  CALL(faccessat, AT_FDCWD, "c", X_OK, 0);
  CALL(faccessat2, AT_FDCWD, "c", R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
  CALL(close, file);
}

static void changing(void) {
  long file = CALL(open, "c", O_RDWR);
  CALL(chmod, "c", 04755);
  CALL(fchmod, file, 0600);
  CALL(fchmodat, AT_FDCWD, "c", 0640);
  CALL(fchmodat2, AT_FDCWD, "c", 0644, AT_SYMLINK_NOFOLLOW);
  CALL(chmod, ABSENT, 0777);
  CALL(chown, "c", 12, 34);
  CALL(fchown, file, -1, 0);
  CALL(lchown, "c", 0, -1);
  CALL(fchownat, AT_FDCWD, "c", 0, 0, AT_SYMLINK_NOFOLLOW);
  CALL(fchownat, 999, "c", 0, 0, 0);
  CALL(umask, 027);
  CALL(umask, 022);
  struct utimbuf times = {1000, 2000};
  CALL(utime, "c", &times);
  CALL(utime, "c", NULL);
  struct timeval values[2] = {{10, 20}, {30, 40}};
  CALL(utimes, "c", values);
  CALL(futimesat, AT_FDCWD, "c", values);
  struct timespec exact[2] = {{1, 999999999}, {0, UTIME_OMIT}};
  CALL(utimensat, AT_FDCWD, "c", exact, 0);
  exact[0].tv_nsec = UTIME_NOW;
  CALL(utimensat, AT_FDCWD, "c", exact, AT_SYMLINK_NOFOLLOW);
  CALL(utimensat, file, NULL, NULL, 0);
  CALL(utimensat, AT_FDCWD, ABSENT, exact, 0);
  CALL(close, file);
}

static void extending(void) {
  char bytes[100];
  long file = CALL(open, "c", O_RDWR);
  CALL(setxattr, "c", "user.reel", "val\0ue", 6, XATTR_CREATE);
  CALL(setxattr, "c", "user.reel", "again", 5, XATTR_CREATE);
  CALL(lsetxattr, "c", "user.other", "x", 1, 0);
  CALL(fsetxattr, file, "user.third", "yz", 2, XATTR_REPLACE);
  CALL(fsetxattr, file, "user.third", "yz", 2, 0);
  CALL(setxattr, "c", "strange.reel", "v", 1, 0);
  CALL(getxattr, "c", "user.reel", bytes, sizeof bytes);
  CALL(getxattr, "c", "user.reel", NULL, 0);
  CALL(lgetxattr, "c", "user.none", bytes, sizeof bytes);
  CALL(fgetxattr, file, "user.third", bytes, sizeof bytes);
  CALL(listxattr, "c", bytes, sizeof bytes);
  CALL(llistxattr, "c", bytes, 1);
  CALL(flistxattr, file, bytes, sizeof bytes);
  CALL(removexattr, "c", "user.reel");
  CALL(lremovexattr, "c", "user.none");
  CALL(fremovexattr, file, "user.third");
  CALL(close, file);
}

void attributes(void) {
  looking();
  changing();
  extending();
}
