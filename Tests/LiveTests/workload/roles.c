// What the program does when a case has executed it.
#include <sys/wait.h>

#include "expect.h"

static long executed_mark;

char **role_arguments(const char *argument_zero, const char *role, long marked) {
  static _Thread_local char texts[7][256];
  static _Thread_local char *arguments[8];
  snprintf(texts[0], sizeof *texts, "%s", argument_zero);
  snprintf(texts[1], sizeof *texts, "@%s", role);
  snprintf(texts[2], sizeof *texts, "%s", case_name);
  snprintf(texts[3], sizeof *texts, "%ld", repetition);
  snprintf(texts[4], sizeof *texts, "%s", own_path);
  snprintf(texts[5], sizeof *texts, "%s", directory);
  snprintf(texts[6], sizeof *texts, "%ld", marked);
  for (int index = 0; index < 7; index++) arguments[index] = texts[index];
  return arguments;
}

void execute(const char *path, const char *argument_zero, const char *role) {
  char *environment[] = {"REEL_TRUTH=two words", "EMPTY=", NULL};
  long number = next_number();
  char **arguments = role_arguments(argument_zero, role, number);
  mark_as(number);
  execve(path, arguments, environment);
  must(-1, path);
}

static void role_facts(void) {
  about(executed_mark, "execve", 0);
  facts();
  done();
  mark_facts();
}

static void role_execveat(void) {
  about(executed_mark, "execveat", 0);
  facts();
  done();
  mark_facts();
}

// A parent that has become another program while its child goes on.
static void role_parent(void) {
  step_to(0, 2);
  finish(-1);
}

// Once more, by the same process.
static void role_again(void) { execute(own_path, "again", "facts"); }

static void role_remove(void) {
  must(unlink(proc_link("self/exe")), "unlink");
  mark_facts();
}

static void role_unwritable(void) {
  about(mark(), "mark", 0);
  own_facts();
  holds("proc.is_exe_writable", false);
  done();
}

static void role_writable(void) {
  about(mark(), "mark", 0);
  own_facts();
  holds("proc.is_exe_writable", true);
  done();
}

static void layer(bool upper) {
  about(mark(), "mark", 0);
  own_facts();
  holds("proc.is_exe_upper_layer", upper);
  holds("proc.is_exe_lower_layer", !upper);
  done();
}
static void role_upper(void) { layer(true); }
static void role_lower(void) { layer(false); }

static void role_environment(void) {
  about(mark(), "mark", 0);
  says("proc.env", "REEL_TRUTH=two words EMPTY=");
  says("proc.env[REEL_TRUTH]", "two words");
  says("proc.env[EMPTY]", "%s", "");
  is_missing("proc.env[ABSENT]");
  done();
}

// Only REEL_TRUTH was asked for.
static void role_environment_named(void) {
  about(mark(), "mark", 0);
  says("proc.env", "REEL_TRUTH=two words");
  says("proc.env[REEL_TRUTH]", "two words");
  is_missing("proc.env[EMPTY]");
  done();
}

static void role_environment_absent(void) {
  about(mark(), "mark", 0);
  is_missing("proc.env[REEL_TRUTH]");
  is_missing("proc.env[EMPTY]");
  done();
}

// More arguments than are recorded.
static void role_long(void) {
  about(executed_mark, "execve", 0);
  says("proc.exe", "long");
  begins_with("proc.args", "@long long arguments %ld %s %s %ld xxxxxxxxxx", repetition, own_path, directory, executed_mark);
  holds("proc.is_args_truncated", true);
  done();
}

static void role_empty(void) {
  about(executed_mark, "execve", 0);
  facts();
  says("proc.args[6]", "%s", "");
  says("proc.args[7]", "behind");
  says("proc.args[8]", "%s", "");
  is_missing("proc.args[9]");
  counts("proc.cmdnargs", 9);
  done();
  mark_facts();
}

int play_role(int count, char **arguments) {
  static const struct test_case roles[] = {
      {"facts", role_facts},           {"script", role_facts},       {"execveat", role_execveat},
      {"mark", mark_facts},            {"parent", role_parent},      {"again", role_again},
      {"remove", role_remove},         {"writable", role_writable},  {"unwritable", role_unwritable},
      {"upper", role_upper},           {"lower", role_lower},        {"environment", role_environment},
      {"environment-named", role_environment_named}, {"environment-absent", role_environment_absent},
      {"long", role_long},             {"empty", role_empty},
  };
  const char *role = arguments[1] + 1;
  // The path of a script, and the role that it was to have, stand behind the interpreter's argument.
  if (strcmp(role, "script") == 0) arguments += 2, count -= 2;
  if (count < 7) return 2;
  case_name = arguments[2];
  repetition = atol(arguments[3]);
  own_path = arguments[4];
  directory = arguments[5];
  executed_mark = atol(arguments[6]);
  journal_join();
  for (size_t index = 0; index < sizeof roles / sizeof *roles; index++) {
    if (strcmp(roles[index].name, role) != 0) continue;
    roles[index].run();
    return 0;
  }
  return 2;
}
