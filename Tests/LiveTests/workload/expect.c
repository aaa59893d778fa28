#include "expect.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

const char *case_name;
long repetition;
uint64_t seed;
const char *own_path;

static _Thread_local struct {
  int used;
  char text[32768];
} line;

void mark_as(long number) {
  char path[40];
  snprintf(path, sizeof path, "/reel-mark/%ld", number);
  syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

long mark(void) {
  long number = next_number();
  mark_as(number);
  return number;
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line.used += vsnprintf(line.text + line.used, sizeof line.text - line.used, format, arguments);
  va_end(arguments);
  if (line.used >= (int)sizeof line.text) must(-1, "an expectation is too long");
}

static void add_text(const char *format, va_list arguments) {
  static _Thread_local char text[16384];
  vsnprintf(text, sizeof text, format, arguments);
  add("\"");
  for (const char *at = text; *at; at++) {
    if (*at == '"' || *at == '\\') add("\\%c", *at);
    else if ((unsigned char)*at < ' ') add("\\u%04x", *at);
    else add("%c", *at);
  }
  add("\"");
}

void about_later(long number, int step, const char *call, long result) {
  result = kernel_result(result);
  line.used = 0;
  add("{\"case\":\"%s\",\"repetition\":%ld,\"mark\":%ld,\"step\":%d,\"call\":\"%s\",\"expect\":{", case_name, repetition,
      number, step, step == 0 ? "openat" : call);
  add("\"evt.rawres\":[\"%ld\"]", step == 0 ? -ENOENT : result);
  counts("thread.tid", outer_tid());
}

void about(long number, const char *call, long result) {
  about_later(number, strcmp(call, "mark") == 0 ? 0 : 1, call, result);
}

// Values are written as the command prints them. A field may have one of several: those said of it one after the other.
void says(const char *field, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(",\"%s\":[", field);
  add_text(format, arguments);
  add("]");
  va_end(arguments);
}

void may_also_say(const char *field, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)field;
  line.used--;  // the bracket
  add(",");
  add_text(format, arguments);
  add("]");
  va_end(arguments);
}

void ends_with(const char *field, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(",\"%s ends\":[", field);
  add_text(format, arguments);
  add("]");
  va_end(arguments);
}

void begins_with(const char *field, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(",\"%s begins\":[", field);
  add_text(format, arguments);
  add("]");
  va_end(arguments);
}

void counts(const char *field, long long number) { add(",\"%s\":[\"%lld\"]", field, number); }
void between(const char *field, long long least, long long greatest) {
  add(",\"%s between\":[\"%lld\",\"%lld\"]", field, least, greatest);
}
void holds(const char *field, bool value) { add(",\"%s\":[\"%s\"]", field, value ? "true" : "false"); }
void is_missing(const char *field) { add(",\"%s\":[\"<NA>\"]", field); }

void done(void) {
  add("}}\n");
  journal_append(line.text, line.used);
}

void finish(int child) {
  int status = 0;
  must(waitpid(child, &status, 0), "waitpid");
  if (status != 0) {
    fprintf(stderr, "workload: a child of %s ended with status %#x\n", case_name, status);
    _exit(98);
  }
}

void in_child(void (*body)(void)) {
  pid_t child = must(fork(), "fork");
  if (child == 0) {
    body();
    _exit(0);
  }
  finish(child);
}

struct gate make_gate(void) {
  struct gate gate;
  must(pipe2(gate.ends, O_CLOEXEC), "pipe2");
  return gate;
}

void wait_at(struct gate gate) {
  char byte;
  must(read(gate.ends[0], &byte, 1), "wait at a gate");
}

void open_gate(struct gate gate) { must(write(gate.ends[1], "", 1), "open a gate"); }

void write_text(const char *path, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  int fd = must(open(path, O_WRONLY | O_CLOEXEC), path);
  must(write(fd, text, length), path);
  close(fd);
}

void make_file(const char *path) {
  int fd = must(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path);
  must(write(fd, "content\n", 8), path);
  close(fd);
}

void copy_program(const char *path, int mode) {
  int from = must(open(own_path, O_RDONLY | O_CLOEXEC), own_path);
  int to = must(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), path);
  char part[65536];
  for (long size; (size = must(read(from, part, sizeof part), "read")) > 0;) must(write(to, part, size), "write");
  must(fchmod(to, mode), "fchmod");
  close(from);
  close(to);
}

void set_name(const char *name) { must(prctl(PR_SET_NAME, name), "prctl"); }
