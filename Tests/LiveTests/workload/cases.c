// Cases of known truth: each makes calls and writes down what a capture must say about them.
//
//     cases GROUP REPETITIONS SEED DIRECTORY LOG      run the cases of a group, turn about, and write the log
//     cases GROUP/CASE REPETITIONS SEED DIRECTORY LOG only that case
#include <sys/stat.h>
#include <sys/wait.h>

#include "cases.h"

static const struct {
  const char *name;
  const struct test_case *cases;
} groups[] = {
    {"identity", identity_cases}, {"images", image_cases},   {"places", place_cases},
    {"environment", environment_cases}, {"files", file_cases},       {"objects", object_cases},
    {"sockets", socket_cases},    {"storms", storm_cases},
    {"named-environment", named_environment_cases}, {"absent-environment", absent_environment_cases},
    {"kin", kin_cases},           {"programs", program_cases},
    {"reopened", reopened_cases}, {"messages", message_cases},
};

static uint64_t next_seed(uint64_t *state) {
  uint64_t value = *state += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

// Each repetition has a process and a directory of its own, so that it may leave both in any state.
static void run(const struct test_case *one, const char *home) {
  for (int step = 0; step < STEPS; step++) step_to(step, 0);
  case_name = one->name;
  int child = must(fork(), "fork");
  if (child == 0) {
    char own[512];
    snprintf(own, sizeof own, "%s/%ld", home, next_number());
    must(mkdir(own, 0755), own);
    directory = own;
    one->run();
    _exit(0);
  }
  finish(child);
}

int main(int count, char **arguments) {
  if (count > 1 && arguments[1][0] == '@') return play_role(count, arguments);
  if (count != 6) {
    fprintf(stderr, "usage: cases GROUP[/CASE] REPETITIONS SEED DIRECTORY LOG\n");
    return 2;
  }
  long repetitions = atol(arguments[2]);
  uint64_t state = strtoull(arguments[3], NULL, 10);
  static char program[512];
  must(readlink("/proc/self/exe", program, sizeof program - 1), "own path");
  own_path = program;
  journal_open();
  journal_ends_group();
  facts_begin();
  bool found = false;
  for (repetition = 1; repetition <= repetitions; repetition++) {
    for (size_t group = 0; group < sizeof groups / sizeof *groups; group++) {
      size_t length = strlen(groups[group].name);
      if (strncmp(arguments[1], groups[group].name, length) != 0) continue;
      const char *only = arguments[1][length] == '/' ? arguments[1] + length + 1 : NULL;
      if (!only && arguments[1][length]) continue;
      for (const struct test_case *one = groups[group].cases; one->name; one++) {
        if (only && strcmp(one->name, only) != 0) continue;
        seed = next_seed(&state);
        run(one, arguments[4]);
        found = true;
      }
    }
  }
  if (!found) return 2;
  write_log(arguments[5]);
  return 0;
}
