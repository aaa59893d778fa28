// Files, directories, links, names.
#include "calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <utime.h>

static void opening(void) {
  char bytes[300];
  CALL(mkdir, "d", 0750);
  CALL(mkdir, "d", 0750);
  CALL(mkdirat, AT_FDCWD, "d/e", 0700);
  long directory = CALL(open, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  long file = CALL(openat, directory, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
  CALL(openat, directory, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
  CALL(openat, AT_FDCWD, ABSENT, O_RDONLY);
  CALL(openat, AT_FDCWD, NOWHERE, O_RDONLY);
  CALL(openat, 999, "f", O_WRONLY | O_TRUNC | O_APPEND | O_NOFOLLOW | O_SYNC);
  CALL(openat, AT_FDCWD, ".", O_RDWR | O_TMPFILE, 0600);
  CALL(open, "d/f", O_PATH);
  CALL(creat, "c", 0604);
  char longest[5000];
  memset(longest, 'x', sizeof longest);
  longest[4999] = 0;
  CALL(open, longest, O_RDONLY);
  longest[4094] = 0;
  CALL(open, longest, O_RDONLY);
  struct open_how how = {.flags = O_RDONLY | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  CALL(openat2, directory, "f", &how, sizeof how);
  how.resolve = 1 << 20;
  CALL(openat2, directory, "../c", &how, sizeof how);
  CALL(openat2, directory, "f", NOWHERE, sizeof how);
  memset(bytes, 'r', sizeof bytes);
  CALL(write, file, bytes, 300);
  CALL(write, file, "short", 5);
  CALL(write, file, "", 0);
  CALL(write, 999, "lost", 4);
  CALL(write, file, NOWHERE, 4);
  CALL(pwrite64, file, "at seven", 8, 7);
  CALL(lseek, file, 0, SEEK_SET);
  CALL(lseek, file, -5, SEEK_END);
  CALL(lseek, file, -500000, SEEK_CUR);
  CALL(lseek, file, 0, 99);
  CALL(read, file, bytes, 4);
  CALL(read, file, bytes, 300);
  CALL(read, file, bytes, 300);
  CALL(read, file, NOWHERE, 300);
  CALL(pread64, file, bytes, 300, 3);
  struct iovec vector[3] = {{bytes, 3}, {bytes + 10, 0}, {bytes + 20, 40}};
  CALL(writev, file, vector, 3);
  CALL(pwritev, file, vector, 3, 100, 0);
  CALL(pwritev2, file, vector, 2, 0, 0, RWF_APPEND);
  CALL(lseek, file, 0, SEEK_SET);
  CALL(readv, file, vector, 3);
  CALL(readv, file, vector, -1);
  CALL(readv, file, NOWHERE, 2);
  CALL(preadv, file, vector, 3, 50, 0);
  CALL(preadv2, file, vector, 3, 50, 0, RWF_HIPRI);
  CALL(fsync, file);
  CALL(fdatasync, file);
  CALL(sync_file_range, file, 0, 100, SYNC_FILE_RANGE_WRITE);
  CALL(syncfs, file);
  CALL(fadvise64, file, 0, 10, POSIX_FADV_RANDOM);
  CALL(readahead, file, 0, 100);
  CALL(ftruncate, file, 1000);
  CALL(truncate, "d/f", 900);
  CALL(truncate, ABSENT, -1);
  CALL(fallocate, file, FALLOC_FL_KEEP_SIZE, 0, 4096);
  CALL(fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 100);
  uint64_t range[2] = {0, 4096}, stat[5];
  CALL(cachestat, file, range, stat, 0);
  CALL(flock, file, LOCK_EX | LOCK_NB);
  CALL(flock, file, LOCK_UN);
  CALL(close, file);
  CALL(close, file);
  CALL(close, directory);
}

static void controlling(void) {
  long file = CALL(open, "c", O_RDWR);
  long copy = CALL(dup, file);
  CALL(dup2, file, 100);
  CALL(dup2, file, 100);
  CALL(dup3, file, 101, O_CLOEXEC);
  CALL(dup3, file, file, 0);
  CALL(dup, 999);
  CALL(fcntl, file, F_GETFD);
  CALL(fcntl, file, F_SETFD, FD_CLOEXEC);
  CALL(fcntl, file, F_GETFL);
  CALL(fcntl, file, F_SETFL, O_APPEND | O_NONBLOCK);
  CALL(fcntl, file, F_DUPFD, 50);
  CALL(fcntl, file, F_DUPFD_CLOEXEC, 60);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 10};
  CALL(fcntl, file, F_SETLK, &lock);
  CALL(fcntl, file, F_GETLK, &lock);
  lock.l_type = F_UNLCK;
  CALL(fcntl, file, F_OFD_SETLK, &lock);
  CALL(fcntl, file, F_SETOWN, getpid());
  CALL(fcntl, file, F_GETOWN);
  CALL(fcntl, file, F_SETLEASE, F_RDLCK);
  CALL(fcntl, file, F_GETPIPE_SZ);
  CALL(fcntl, file, 9999, 1);
  CALL(fcntl, 999, F_GETFD);
  int number = 0;
  CALL(ioctl, file, 0x541B /* FIONREAD */, &number);
  CALL(ioctl, file, 0x5401 /* TCGETS */, NOWHERE);
  CALL(ioctl, copy, 0x12345678, 1);
  CALL(close_range, 100, 101, 0);
  CALL(close_range, 50, 60, 4 /* CLOSE_RANGE_CLOEXEC */);
  CALL(close_range, 60, 50, 0);
  long descriptors[2] = {file, copy};
  for (int index = 0; index < 2; index++) CALL(close, descriptors[index]);
}

static void naming(void) {
  char bytes[256];
  long directory = CALL(open, "d", O_RDONLY | O_DIRECTORY);
  CALL(link, "c", "l");
  CALL(link, ABSENT, "l");
  CALL(linkat, AT_FDCWD, "c", directory, "l", AT_SYMLINK_FOLLOW);
  CALL(symlink, "c", "s");
  CALL(symlinkat, "../c", directory, "s");
  CALL(symlink, NOWHERE, "s2");
  CALL(readlink, "s", bytes, sizeof bytes);
  CALL(readlink, "c", bytes, sizeof bytes);
  CALL(readlinkat, directory, "s", bytes, 3);
  CALL(rename, "l", "m");
  CALL(rename, ABSENT, "m");
  CALL(renameat, AT_FDCWD, "m", directory, "m");
  CALL(renameat2, directory, "m", directory, "l", 1 /* RENAME_NOREPLACE */);
  CALL(renameat2, directory, "m", directory, "l", 2 /* RENAME_EXCHANGE */);
  CALL(mknod, "p", S_IFIFO | 0600, 0);
  CALL(mknodat, directory, "n", S_IFCHR | 0600, 0x103);
  CALL(mknod, ABSENT, S_IFREG | 0600, 0);
  CALL(getdents64, directory, bytes, sizeof bytes);
  CALL(getdents, directory, bytes, sizeof bytes);
  CALL(getdents64, 999, bytes, sizeof bytes);
  CALL(getcwd, bytes, sizeof bytes);
  CALL(getcwd, bytes, 1);
  CALL(chdir, "d");
  CALL(chdir, ABSENT);
  CALL(chdir, "..");
  CALL(fchdir, directory);
  CALL(fchdir, 999);
  CALL(chdir, "..");
  uint64_t handle[20] = {120};
  int mount;
  CALL(name_to_handle_at, AT_FDCWD, "c", handle, &mount, 0);
  CALL(open_by_handle_at, AT_FDCWD, handle, O_RDONLY);
  CALL(unlink, "s");
  CALL(unlink, ABSENT);
  CALL(unlinkat, directory, "n", 0);
  CALL(unlinkat, AT_FDCWD, "d/e", AT_REMOVEDIR);
  CALL(rmdir, "d");
  CALL(rmdir, ABSENT);
  CALL(close, directory);
}

void files(void) {
  opening();
  controlling();
  naming();
}
