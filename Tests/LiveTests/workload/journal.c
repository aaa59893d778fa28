#include "journal.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define LOG_SIZE (192 << 20)
struct journal {
  atomic_size_t used;
  atomic_long numbers;
  atomic_int steps[STEPS];
  int group;
  char text[LOG_SIZE];
};
static struct journal *journal;
const char *directory;

long must(long result, const char *what) {
  if (result < 0) {
    fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
    // The others would wait for this process for ever.
    if (journal && journal->group) kill(-journal->group, SIGKILL);
    _exit(99);
  }
  return result;
}

long kernel_result(long result) { return result < 0 ? -errno : result; }

long own_tid(void) { return syscall(SYS_gettid); }

void journal_join(void) {
  journal = mmap(NULL, sizeof *journal, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, JOURNAL_DESCRIPTOR, 0);
  if (journal == MAP_FAILED) must(-1, "map the log");
}

void journal_open(void) {
  int fd = must(memfd_create("journal", 0), "memfd_create");
  must(ftruncate(fd, sizeof *journal), "ftruncate");
  must(dup2(fd, JOURNAL_DESCRIPTOR), "dup2");
  close(fd);
  journal_join();
}

void journal_ends_group(void) {
  must(setpgid(0, 0), "setpgid");
  journal->group = getpid();
}

void journal_append(const char *line, size_t length) {
  size_t start = atomic_fetch_add(&journal->used, length);
  if (start + length > LOG_SIZE) must(-1, "the log is full");
  memcpy(journal->text + start, line, length);
}

void write_log(const char *path) {
  int fd = must(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path);
  size_t size = atomic_load(&journal->used);
  for (size_t done = 0; done < size;) done += must(write(fd, journal->text + done, size - done), "write the log");
  close(fd);
}

long next_number(void) { return atomic_fetch_add(&journal->numbers, 1) + 1; }

void step_to(int step, int value) { atomic_store(&journal->steps[step], value); }
int step_value(int step) { return atomic_load(&journal->steps[step]); }
void await(int step, int value) {
  for (int round = 0; step_value(step) != value; round++) {
    if (round > 20000) must(-1, "another process of the workload did not come");
    usleep(1000);
  }
}

const char *in_directory(const char *name) {
  static _Thread_local char path[4][1024];
  static _Thread_local int turn;
  turn = (turn + 1) & 3;
  snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
  return path[turn];
}

void note(const char *fields, ...) {
  char line[4096];
  int length = snprintf(line, sizeof line, "{\"pid\":%d,\"tid\":%ld,", getpid(), own_tid());
  va_list arguments;
  va_start(arguments, fields);
  length += vsnprintf(line + length, sizeof line - length, fields, arguments);
  va_end(arguments);
  length += snprintf(line + length, sizeof line - length, "}\n");
  journal_append(line, length);
}
