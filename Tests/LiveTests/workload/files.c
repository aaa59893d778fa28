// Files: the name that was asked for, the name that the kernel has, and what becomes of both.
#include "cases.h"

#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char path[700], other[1024], third[1100];

static const char *fresh(const char *name) {
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

// One read at the descriptor, and what its event must say.
static void use(int fd, const char *name) {
  char byte;
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says("fd.name", "%s", name);
  object_facts(fd);
  done();
}

static void note_opened(long number, const char *call, int fd, const char *name) {
  about(number, call, fd);
  says("fd.name", "%s", name);
  if (fd >= 0) object_facts(fd);
  done();
}

static int open_as(const char *given, int flags, const char *name) {
  long number = mark();
  int fd = syscall(SYS_openat, AT_FDCWD, given, flags | O_CLOEXEC, 0644);
  note_opened(number, "openat", fd, name);
  return fd;
}

static int open_and_use(const char *given, const char *name) {
  int fd = must(open_as(given, O_RDWR, name), given);
  use(fd, name);
  return fd;
}

static void end(int fd, const char *name) {
  long number = mark();
  about(number, "close", close(fd));
  says("fd.name", "%s", name);
  counts("fd.num", fd);
  done();
}

// Many spellings of one path.
static void spellings(void) {
  make_file(fresh("file name"));
  must(mkdir(in_directory("below"), 0755), "mkdir");
  end(open_and_use(path, path), path);
  must(chdir(in_directory("below")), "chdir");
  static const char *const given[] = {"../file name", "..//./file name", "./../below/../file name", "../below/./.././file name"};
  for (int index = 0; index < 4; index++) end(open_and_use(given[index], path), path);
  snprintf(other, sizeof other, "/%s/below/..//file name", directory);
  end(open_and_use(other, path), path);
  int at = must(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), directory);
  long number = mark();
  int fd = syscall(SYS_openat, at, "below/../file name", O_RDONLY | O_CLOEXEC);
  note_opened(number, "openat", fd, path);
  use(fd, path);
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
  number = mark();
  fd = syscall(SYS_openat2, at, "below/../file name", &how, sizeof how);
  note_opened(number, "openat2", fd, path);
  use(fd, path);
}

// Two names of one file, used turn about: each descriptor keeps its own.
static void links(void) {
  make_file(fresh("target"));
  snprintf(other, sizeof other, "%s/symbolic", directory);
  snprintf(third, sizeof third, "%s/hard", directory);
  must(symlink("target", other), other);
  must(link(path, third), third);
  int direct = open_and_use(path, path), symbolic = open_and_use(other, other), hard = open_and_use(third, third);
  for (int turn = 0; turn < 3; turn++) {
    use(direct, path);
    use(symbolic, other);
    use(hard, third);
  }
  end(symbolic, other);
  use(direct, path);
  end(direct, path);
  end(hard, third);
}

// The kernel's memory for an open file and its names is used again at once.
static void reuse(void) {
  for (int turn = 0; turn < 8; turn++) {
    snprintf(path, sizeof path, "%s/reused-%d", directory, turn);
    make_file(path);
    end(open_and_use(path, path), path);
    must(unlink(path), path);
  }
  // One path, another inode each time.
  fresh("again");
  for (int turn = 0; turn < 4; turn++) {
    make_file(path);
    end(open_and_use(path, path), path);
    must(unlink(path), path);
  }
}

static void failed_opens(void) {
  must(chdir(directory), directory);
  snprintf(path, sizeof path, "%s/absent", directory);
  open_as(path, O_RDONLY, path);
  open_as("./absent", O_RDONLY, path);
  int at = must(open("/usr", O_PATH | O_CLOEXEC), "/usr");
  long number = mark();
  note_opened(number, "openat", syscall(SYS_openat, at, "no/such/../file", O_RDONLY), "/usr/no/file");
  open_as(directory, O_WRONLY, directory);
}

static void renamed(void) {
  make_file(fresh("first"));
  int fd = open_and_use(path, path);
  for (int turn = 0; turn < 3; turn++) {
    snprintf(other, sizeof other, "%s/renamed-%d", directory, turn);
    must(rename(turn ? third : path, other), "rename");
    use(fd, path);
    strcpy(third, other);
  }
  int next = open_and_use(third, third);
  use(fd, path);
  end(next, third);
  make_file(path);
  next = open_and_use(path, path);
  use(fd, path);
  end(fd, path);
  end(next, path);
}

static void rename_above(void) {
  fresh("above");
  snprintf(other, sizeof other, "%s/middle", path);
  must(mkdir(path, 0755), path);
  must(mkdir(other, 0755), other);
  snprintf(third, sizeof third, "%s/file", other);
  make_file(third);
}

// A directory above is renamed: by this process, then by another.
static void directory_renamed(void) {
  rename_above();
  int fd = open_and_use(third, third);
  must(chdir(other), other);
  char moved[1024], now[1100];
  snprintf(moved, sizeof moved, "%s-moved", path);
  must(rename(path, moved), "rename");
  use(fd, third);
  snprintf(now, sizeof now, "%s/middle/file", moved);
  end(open_and_use("file", now), now);
  end(open_and_use(now, now), now);
  struct gate gate = make_gate();
  int mover = must(fork(), "fork");
  if (mover == 0) {
    must(rename(moved, path), "rename");
    open_gate(gate);
    _exit(0);
  }
  wait_at(gate);
  use(fd, third);
  end(open_and_use("file", third), third);
  open_as("absent", O_RDONLY, strcat(strcpy(now, other), "/absent"));
  finish(mover);
}

static void removed(void) {
  make_file(fresh("doomed"));
  int fd = open_and_use(path, path);
  must(unlink(path), path);
  use(fd, path);
  make_file(path);
  int next = open_and_use(path, path);
  use(fd, path);
  use(next, path);
  end(fd, path);
  end(next, path);
  // A name that is like the kernel's remark about a removed file.
  end(must(open_as(strcat(path, " (deleted)"), O_RDWR | O_CREAT, path), path), path);
  must(unlink(path), path);
}

static void own_mounts(void) {
  must(unshare(CLONE_NEWNS), "unshare");
  must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
}

static void bind_mounts(void) {
  own_mounts();
  must(mkdir(fresh("bound"), 0755), path);
  must(mkdir(in_directory("source"), 0755), "mkdir");
  make_file(in_directory("source/file"));
  must(mount(in_directory("source"), path, NULL, MS_BIND, NULL), "bind");
  snprintf(other, sizeof other, "%s/file", path);
  snprintf(third, sizeof third, "%s/source/file", directory);
  int bound = open_and_use(other, other), direct = open_and_use(third, third);
  use(bound, other);
  use(direct, third);
  // Another file system over a directory that has an open file.
  must(mount("tmpfs", path, "tmpfs", 0, NULL), "mount");
  make_file(other);
  int over = open_and_use(other, other);
  use(over, other);
  use(direct, third);
}

static void overlay(void) {
  own_mounts();
  must(mkdir(fresh("overlay"), 0755), path);
  must(mount("tmpfs", path, "tmpfs", 0, NULL), "mount tmpfs");
  static char options[4096];
  static const char *const parts[] = {"lower", "upper", "work", "merged"};
  for (int index = 0; index < 4; index++) {
    snprintf(other, sizeof other, "%s/%s", path, parts[index]);
    must(mkdir(other, 0755), other);
  }
  snprintf(other, sizeof other, "%s/lower/file", path);
  make_file(other);
  snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", path, path, path);
  snprintf(other, sizeof other, "%s/merged", path);
  must(mount("overlay", other, "overlay", 0, options), "mount overlay");
  strcat(other, "/file");
  for (int turn = 0; turn < 2; turn++) {
    long number = mark();
    int fd = syscall(SYS_openat, AT_FDCWD, other, (turn ? O_RDWR : O_RDONLY) | O_CLOEXEC, 0);
    about(number, "openat", fd);
    says("fd.name", "%s", other);
    object_facts(fd);
    holds("fd.is_lower_layer", turn == 0);
    holds("fd.is_upper_layer", turn == 1);
    done();
    use(fd, other);
  }
}

static void other_root(void) {
  must(mkdir(fresh("root"), 0755), path);
  make_file(in_directory("root/file"));
  make_file(in_directory("outside"));
  int outside = open_and_use(in_directory("outside"), in_directory("outside"));
  must(chroot(path), path);
  must(chdir("/"), "/");
  end(open_and_use("/file", "/file"), "/file");
  end(open_and_use("../../file", "/file"), "/file");
  char byte;
  long number = mark();
  about(number, "pread", pread(outside, &byte, 1, 0));
  says("fd.name", "%s/outside", directory);
  done();
}

// Deeper than any buffer for components; then longer than any path.
static void deep(void) {
  must(chdir(directory), directory);
  static char whole[8192];
  strcpy(whole, directory);
  for (int depth = 0; depth < 60; depth++) {
    snprintf(other, sizeof other, "level-%02d-of-many", depth);
    must(mkdir(other, 0755), other);
    must(chdir(other), other);
    sprintf(whole + strlen(whole), "/%s", other);
  }
  strcat(whole, "/leaf");
  make_file("leaf");
  end(open_and_use(whole, whole), whole);
  end(open_and_use("leaf", whole), whole);
  // What is too long to say ends with what is nearest to the file.
  for (int depth = 0; depth < 20; depth++) {
    memset(other, 'a' + depth, 240);
    other[240] = 0;
    must(mkdir(other, 0755), other);
    must(chdir(other), other);
  }
  make_file("leaf");
  int fd = must(open("leaf", O_RDONLY | O_CLOEXEC), "leaf");
  char byte;
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says("fd.filename", "leaf");
  counts("fd.num", fd);
  done();
  // Nobody else can remove what has no path that fits.
  must(unlink("leaf"), "leaf");
  for (int depth = 19; depth >= 0; depth--) {
    must(chdir(".."), "..");
    memset(other, 'a' + depth, 240);
    must(rmdir(other), "rmdir");
  }
}

static void kinds_of_files(void) {
  fresh("fifo");
  must(mkfifo(path, 0644), path);
  int fd = must(open_as(path, O_RDWR, path), path);
  end(fd, path);
  fd = must(open_as(directory, O_RDONLY | O_DIRECTORY, directory), directory);
  end(fd, directory);
  strcat(strcpy(other, directory), "/");
  end(open_as(other, O_RDONLY | O_DIRECTORY, directory), directory);
  end(open_as("/", O_RDONLY | O_DIRECTORY, "/"), "/");
  fd = must(open_as("/dev/null", O_RDWR, "/dev/null"), "/dev/null");
  end(fd, "/dev/null");
  make_file(in_directory("plain"));
  fd = must(open_as(in_directory("plain"), O_PATH, in_directory("plain")), "plain");
  end(fd, in_directory("plain"));
  fd = must(open_as(directory, O_TMPFILE | O_RDWR, directory), "O_TMPFILE");
  close(fd);
  fd = must(open("/proc/self/status", O_RDONLY | O_CLOEXEC), "status");
  char byte;
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says("fd.name", "/proc/self/status");
  says("fd.realname", "/proc/%d/status", outer_pid());
  done();
}

static void calls_on_files(void) {
  make_file(fresh("called"));
  int fd = must(open(path, O_RDWR | O_CLOEXEC), path);
  struct stat status;
  char bytes[16];
#define CALL(name, call)           \
  do {                             \
    long number = mark();          \
    long result = (call);          \
    about(number, name, result);   \
    says("fd.name", "%s", path);   \
    counts("fd.num", fd);          \
    done();                        \
  } while (0)
  CALL("lseek", lseek(fd, 3, SEEK_SET));
  CALL("read", read(fd, bytes, 2));
  CALL("write", write(fd, "ab", 2));
  CALL("fstat", syscall(SYS_fstat, fd, &status));
  CALL("ftruncate", ftruncate(fd, 4));
  CALL("fsync", fsync(fd));
  CALL("fcntl", fcntl(fd, F_GETFL));
  CALL("fchmod", fchmod(fd, 0600));
  CALL("fchown", fchown(fd, 0, 0));
  CALL("flock", syscall(SYS_flock, fd, 2));
  CALL("fallocate", syscall(SYS_fallocate, fd, 0, 0, 100));
  CALL("fsetxattr", syscall(SYS_fsetxattr, fd, "user.reel", "1", 1, 0));
#undef CALL
}

const struct test_case file_cases[] = {
    {"spellings of a path", spellings},
    {"links", links},
    {"reuse", reuse},
    {"failed opens", failed_opens},
    {"renamed file", renamed},
    {"renamed directory", directory_renamed},
    {"removed file", removed},
    {"bind mounts", bind_mounts},
    {"overlay", overlay},
    {"another root", other_root},
    {"deep paths", deep},
    {"kinds of files", kinds_of_files},
    {"calls on files", calls_on_files},
    {0},
};
