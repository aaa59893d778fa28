// What the workloads write down: a log in memory that all their processes share, one JSON object a line. Logging makes
// no calls, so that nothing of it stands between the calls that a test asks for.
#ifndef REEL_JOURNAL_H
#define REEL_JOURNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Where the workload may do what it wants.
extern const char *directory;

// Makes the log. Programs that a workload executes find it behind this descriptor and join.
#define JOURNAL_DESCRIPTOR 900
void journal_open(void);
void journal_join(void);
// From now on a failure of `must` ends all processes of the workload, by their process group.
void journal_ends_group(void);

// Appends whole lines.
void journal_append(const char *line, size_t length);

// Writes everything into a file.
void write_log(const char *path);

// A number that no other process of the workload gets, from 1.
long next_number(void);

// Counters for processes that wait for each other, 0 at the beginning. `await` looks again after a millisecond.
#define STEPS 64
void step_to(int step, int value);
int step_value(int step);
void await(int step, int value);

// Ends the workload when a call that must succeed does not: the test then fails for a reason that it can name.
long must(long result, const char *what);

// The result of a call as the kernel gave it: a negative error number instead of -1 and errno.
long kernel_result(long result);

long own_tid(void);

// A path in the directory; four are kept for each thread.
const char *in_directory(const char *name);

// Appends {"pid":…,"tid":…,FIELDS}; FIELDS is a format for the rest of the object.
__attribute__((format(printf, 1, 2))) void note(const char *fields, ...);

#endif
