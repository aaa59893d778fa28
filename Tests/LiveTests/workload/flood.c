// More calls than a small ring holds, each with a number, so that a test can say which are missing.
//
//     flood COUNT DIRECTORY LOG
//
// Two processes write COUNT bytes each, byte N at position N of file N modulo 8; every other file is opened by a symbolic
// link. In the second third of the calls the recorder, which is the parent, is stopped.
#include "journal.h"

#include <sched.h>
#include <sys/wait.h>

enum { WRITERS = 2, FILES = 8 };

static void flood(int writer, long count, int recorder) {
  char name[16], target[1024];
  snprintf(name, sizeof name, "flood-%d", writer);
  int fd = must(open("/proc/self/comm", O_WRONLY), "comm");
  must(write(fd, name, strlen(name)), "comm");
  close(fd);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(writer % sysconf(_SC_NPROCESSORS_ONLN), &set);
  sched_setaffinity(0, sizeof set, &set);
  int fds[FILES];
  for (int index = 0; index < FILES; index++) {
    snprintf(target, sizeof target, "%s/%d-%d", directory, writer, index);
    int file = must(open(target, O_RDWR | O_CREAT | O_CLOEXEC, 0644), target);
    if (index & 1) {
      char link[1040];
      snprintf(link, sizeof link, "%s-link", target);
      must(symlink(target, link), link);
      close(file);
      file = must(open(link, O_RDWR | O_CLOEXEC), link);
    }
    fds[index] = file;
  }
  note("\"writer\":%d,\"count\":%ld", writer, count);
  for (long number = 0; number < count; number++) {
    if (writer == 0 && number == count / 3) kill(recorder, SIGSTOP);
    if (writer == 0 && number == count / 3 * 2) kill(recorder, SIGCONT);
    if (number == count - 100) {
      // Until the recorder has caught up with both.
      step_to(writer, 1);
      for (int index = 0; index < WRITERS; index++) await(index, 1);
      usleep(300000);
    }
    // The ends of both are slow: there the names must be right again.
    if (number < 100 || number > count - 100) usleep(1000);
    must(pwrite(fds[number % FILES], "x", 1, number), "pwrite");
  }
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int recorder = getppid();
  directory = arguments[2];
  journal_open();
  for (int writer = 0; writer < WRITERS; writer++) {
    if (must(fork(), "fork") > 0) continue;
    flood(writer, atol(arguments[1]), recorder);
    _exit(0);
  }
  int status, failed = 0;
  while (waitpid(-1, &status, 0) > 0) failed |= status;
  // Whatever happened, the recorder goes on.
  kill(recorder, SIGCONT);
  write_log(arguments[3]);
  return failed != 0;
}
