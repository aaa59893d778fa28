// Expectations: what a capture must say about one event, by the names of its fields.
//
//     long number = mark();                         a call that a test finds with certainty: openat of a unique path
//     long result = write(fd, "x", 1);              the call in question: the next one of the same thread
//     about(number, "write", result);               ... and what must stand in its event
//     says("fd.name", "%s/%s", directory, "file");
//     counts("fd.num", fd);
//     done();
//
// An expectation about the mark itself names the call "mark". Nothing between `mark` and `about` may make a call.
#ifndef REEL_EXPECT_H
#define REEL_EXPECT_H

#include "journal.h"

// A case: makes its calls once, in a process of its own that it may end or leave in any state.
struct test_case {
  const char *name;
  void (*run)(void);
};

// What every expectation carries: which case, and which of its repetitions.
extern const char *case_name;
extern long repetition;
// A random number for the repetition, the same in every run with the same seed.
extern uint64_t seed;

// The program itself, for cases that execute something.
extern const char *own_path;
// Executes a copy of the program, which joins the log and does what its role is: see roles.c. The call is marked, and
// the role "facts" also says what its event must say.
void execute(const char *path, const char *argument_zero, const char *role);
// The arguments that the program finds its role in, with the number of the mark before the call.
char **role_arguments(const char *argument_zero, const char *role, long marked);
int play_role(int count, char **arguments);

// The mark: `openat` of /reel-mark/NUMBER, which does not exist.
long mark(void);
// The same with a number from `next_number`, for processes that share their memory with another.
void mark_as(long number);

void about(long number, const char *call, long result);
// The same for a call that is not the next of the thread but the one behind that, and so on.
void about_later(long number, int step, const char *call, long result);
__attribute__((format(printf, 2, 3))) void says(const char *field, const char *format, ...);
__attribute__((format(printf, 2, 3))) void may_also_say(const char *field, const char *format, ...);
__attribute__((format(printf, 2, 3))) void ends_with(const char *field, const char *format, ...);
__attribute__((format(printf, 2, 3))) void begins_with(const char *field, const char *format, ...);
void counts(const char *field, long long number);
void between(const char *field, long long least, long long greatest);
void holds(const char *field, bool value);
void is_missing(const char *field);
void done(void);

// Everything that /proc says about the calling thread and its ancestors, as the fields of an event.
void facts(void);
// The root directory that the facts are to say: /proc shows a process its own root as "/".
extern const char *root_path;
// The same without ancestors.
void own_facts(void);
// A mark with all facts: for `about(mark(), "mark", -ENOENT); facts(); done();`.
void mark_facts(void);
// What `/proc/self/fd` and `fstat` say about a descriptor, without its requested name.
void object_facts(int fd);

// The calling process as the outermost pid namespace numbers it.
int outer_pid(void);
int outer_tid(void);
int outer_parent(void);
// A file below /proc as the outermost namespace sees it, also after `chroot`; empty when it cannot be read.
const char *proc_text(const char *path);
const char *proc_link(const char *path);
void facts_begin(void);

// Waits for a child, which must end with 0.
void finish(int child);
// Makes a child that ends with 0 when `body` returns, and waits for it.
void in_child(void (*body)(void));
// A pipe that a process can wait at without making calls that a recorder sees.
struct gate {
  int ends[2];
};
struct gate make_gate(void);
void wait_at(struct gate gate);
void open_gate(struct gate gate);
void write_text(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
void make_file(const char *path);
void copy_program(const char *path, int mode);
void set_name(const char *name);
void send_descriptor(int socket, int fd);
int receive_descriptor(int socket);

#endif
