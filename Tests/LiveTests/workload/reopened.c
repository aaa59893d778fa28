// Files without a name, files by a descriptor or a handle, and one path that means two files.
#include "cases.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void use(int fd, const char *name) {
  char byte;
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says("fd.name", "%s", name);
  object_facts(fd);
  done();
}

static int opened(const char *path, int flags, const char *name) {
  long number = mark();
  int fd = syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
  about(number, "openat", must(fd, path));
  says("fd.name", "%s", name);
  object_facts(fd);
  done();
  return fd;
}

// A file that is made without a name, and is given one.
static void nameless(void) {
  char self[40];
  int fd = opened(directory, O_TMPFILE | O_RDWR, directory);
  use(fd, directory);
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  const char *path = strdup(in_directory("named"));
  must(linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW), "linkat");
  char byte;
  long number = mark();
  about(number, "pread", pread(fd, &byte, 1, 0));
  says("fd.name", "%s", directory);
  done();
  close(opened(path, O_RDONLY, path));
}

static void by_descriptor(void) {
  const char *path = strdup(in_directory("original"));
  char self[40];
  make_file(path);
  int fd = opened(path, O_RDONLY, path);
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  int again = opened(self, O_RDWR | O_APPEND, self);
  use(again, self);
  use(fd, path);
  must(unlink(path), path);
  int removed = opened(self, O_RDONLY, self);
  use(removed, self);
}

static void by_handle(void) {
  const char *path = strdup(in_directory("handled"));
  make_file(path);
  struct {
    struct file_handle head;
    unsigned char bytes[128];
  } handle = {.head = {.handle_bytes = 128}};
  int mount, root = must(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory);
  if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0) != 0) return;
  long number = mark();
  int fd = open_by_handle_at(root, &handle.head, O_RDWR | O_CLOEXEC);
  about(number, "open_by_handle_at", must(fd, "open_by_handle_at"));
  says("fd.name", "%s", path);
  object_facts(fd);
  done();
  use(fd, path);
}

static const char *shared_path;
static int outside;
static void look_inside(void) {
  must(unshare(CLONE_NEWNS), "unshare");
  must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
  must(mount("tmpfs", in_directory("place"), "tmpfs", 0, NULL), "mount");
  make_file(shared_path);
  int inside = opened(shared_path, O_RDWR, shared_path);
  use(outside, shared_path);
  use(inside, shared_path);
  mark_facts();
  step_to(0, 1);
  await(0, 2);
  use(inside, shared_path);
}
static void two_namespaces(void) {
  must(mkdir(in_directory("place"), 0755), "mkdir");
  shared_path = strdup(in_directory("place/file"));
  make_file(shared_path);
  outside = opened(shared_path, O_RDWR, shared_path);
  int child = must(fork(), "fork");
  if (child == 0) {
    look_inside();
    _exit(0);
  }
  await(0, 1);
  use(outside, shared_path);
  close(opened(shared_path, O_RDONLY, shared_path));
  step_to(0, 2);
  finish(child);
}

const struct test_case reopened_cases[] = {
    {"file without a name", nameless},
    {"opened by a descriptor", by_descriptor},
    {"opened by a handle", by_handle},
    {"one path in two namespaces", two_namespaces},
    {0},
};
