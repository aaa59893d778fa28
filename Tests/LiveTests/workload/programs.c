// What is executed with unusual arguments, by unusual threads, or not at all.
#include "cases.h"

#include <pthread.h>
#include <sys/stat.h>

static char *const no_environment[] = {NULL};

// The mark is the leader's, which sleeps while the thread executes: the call's event has the leader's id.
static long leader_mark;
static void *execute_facts(void *unused) {
  (void)unused;
  set_name("not-the-leader");
  execve(own_path, role_arguments("by-a-thread", "facts", leader_mark), no_environment);
  must(-1, "execve");
  return NULL;
}
static void by_thread(void) {
  int child = must(fork(), "fork");
  if (child == 0) {
    set_name("the-leader");
    leader_mark = mark();
    pthread_t thread;
    must(-pthread_create(&thread, NULL, execute_facts, NULL), "pthread_create");
    for (;;) pause();
  }
  finish(child);
}

static void fails(const char *path, int error) {
  long number = mark();
  long result = execve(path, role_arguments("not seen", "facts", 0), no_environment);
  if (errno != error) must(-1, "another error");
  about(number, "execve", result);
  facts();
  says("evt.arg.filename", "%s", path);
  done();
  mark_facts();
}
static void failed(void) {
  set_name("goes-on");
  fails(in_directory("absent"), ENOENT);
  const char *path = strdup(in_directory("plain"));
  make_file(path);
  fails(path, EACCES);
  must(chmod(path, 0755), "chmod");
  fails(path, ENOEXEC);
  fails(directory, EACCES);
}

static void with_more(const char *role, char *const *more) {
  int child = must(fork(), "fork");
  if (child == 0) {
    char *arguments[64];
    int count = 0;
    long number = next_number();
    for (char **own = role_arguments(role, role, number); count < 7; count++) arguments[count] = own[count];
    while (*more) arguments[count++] = *more++;
    arguments[count] = NULL;
    mark_as(number);
    execve(own_path, arguments, no_environment);
    must(-1, "execve");
  }
  finish(child);
}

static void long_arguments(void) {
  static char text[5001];
  memset(text, 'x', 5000);
  // One that is too long by itself, and many that are too long together.
  static char longer[20001];
  memset(longer, 'x', 20000);
  with_more("long", (char *[]){longer, NULL});
  with_more("long", (char *[]){text, text, text, text, NULL});
}
static void empty_arguments(void) { with_more("empty", (char *[]){"", "behind", "", NULL}); }

const struct test_case program_cases[] = {
    {"exec by a thread, the call", by_thread},
    {"failed exec", failed},
    {"long arguments", long_arguments},
    {"empty arguments", empty_arguments},
    {0},
};
