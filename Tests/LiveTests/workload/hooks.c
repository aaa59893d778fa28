// Things that happen beside the system calls of their names: signals, io_uring, the 32-bit entry, faults, switches, ends.
//
//     hooks PART DIRECTORY
//
// Writes one JSON object with what only it can know to standard output.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long must(long result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(99);
  }
  return result;
}

static char *path_in(const char *directory, const char *name) {
  char *path = 0;
  must(asprintf(&path, "%s/%s", directory, name), "asprintf");
  return path;
}

// --- Signals and ends --------------------------------------------------------------------------------------------

static volatile int handled;
static void handle(int signal) { handled = signal; }

static void signals(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  must(sigaction(SIGUSR1, &action, 0), "sigaction");
  must(sigaction(SIGCHLD, &action, 0), "sigaction");
  must(raise(SIGUSR1), "raise");
  pid_t child = must(fork(), "fork");
  if (child == 0) {
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  while (waitpid(child, 0, 0) < 0) {}
  pid_t victim = must(fork(), "fork");
  if (victim == 0) {
    *(volatile int *)0x1234 = 1;
    _exit(0);
  }
  while (waitpid(victim, 0, 0) < 0) {}
  printf("{\"pid\":%d,\"child\":%d,\"victim\":%d,\"handler\":%lu}\n", getpid(), child, victim, (unsigned long)handle);
}

static void exits(const char *directory) {
  must(chdir(directory), "chdir");
  pid_t coded = must(fork(), "fork");
  if (coded == 0) _exit(7);
  int coded_status, killed_status, aborted_status;
  must(waitpid(coded, &coded_status, 0), "waitpid");
  pid_t killed = must(fork(), "fork");
  if (killed == 0) {
    for (;;) pause();
  }
  must(kill(killed, SIGKILL), "kill");
  must(waitpid(killed, &killed_status, 0), "waitpid");
  pid_t aborted = must(fork(), "fork");
  if (aborted == 0) {
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_CORE, &limit);
    abort();
  }
  must(waitpid(aborted, &aborted_status, 0), "waitpid");
  printf("{\"coded\":%d,\"killed\":%d,\"aborted\":%d,\"coded_status\":%d,\"killed_status\":%d,\"aborted_status\":%d}\n", coded,
         killed, aborted, coded_status, killed_status, aborted_status);
}

// --- io_uring ----------------------------------------------------------------------------------------------------

static int ring;
static unsigned *queue_tail, *queue_mask, *queue_array, *done_head, *done_tail, *done_mask;
static struct io_uring_sqe *entries;
static struct io_uring_cqe *completions;

static void make_ring(void) {
  struct io_uring_params p = {0};
  ring = must(syscall(SYS_io_uring_setup, 8, &p), "io_uring_setup");
  char *queue = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  char *done = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof *completions, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                    IORING_OFF_CQ_RING);
  entries = mmap(0, p.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  if (queue == MAP_FAILED || done == MAP_FAILED || entries == MAP_FAILED) must(-1, "mmap");
  queue_tail = (void *)(queue + p.sq_off.tail);
  queue_mask = (void *)(queue + p.sq_off.ring_mask);
  queue_array = (void *)(queue + p.sq_off.array);
  done_head = (void *)(done + p.cq_off.head);
  done_tail = (void *)(done + p.cq_off.tail);
  done_mask = (void *)(done + p.cq_off.ring_mask);
  completions = (void *)(done + p.cq_off.cqes);
}

static void submit(struct io_uring_sqe entry) {
  unsigned at = *queue_tail & *queue_mask;
  entries[at] = entry;
  queue_array[at] = at;
  __atomic_store_n(queue_tail, *queue_tail + 1, __ATOMIC_RELEASE);
}

// Submits one request and gives its result.
static int run(struct io_uring_sqe entry) {
  submit(entry);
  must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0), "io_uring_enter");
  unsigned head = *done_head;
  if (head == __atomic_load_n(done_tail, __ATOMIC_ACQUIRE)) must(-1, "completion");
  int result = completions[head & *done_mask].res;
  __atomic_store_n(done_head, head + 1, __ATOMIC_RELEASE);
  return result;
}

static void uring(const char *directory) {
  // A server that takes what comes; it is no part of what is looked at.
  int server = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  must(bind(server, (void *)&address, length), "bind");
  must(listen(server, 1), "listen");
  must(getsockname(server, (void *)&address, &length), "getsockname");
  int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  int refused = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  char *made = path_in(directory, "made"), *moved = path_in(directory, "moved"), *absent = path_in(directory, "absent");
  char *link = path_in(directory, "link");
  must(symlink("made", link), "symlink");
  make_ring();
  if (must(fork(), "fork") == 0) {
    // A program of its own: none of the calls below is made by their names.
    char text[] = "through the ring", back[64] = "";
    int opened = run((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)made,
                                           .len = 0640, .open_flags = O_RDWR | O_CREAT, .user_data = 101});
    int wrote = run((struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = opened, .addr = (uintptr_t)text,
                                          .len = sizeof text - 1, .user_data = 102});
    int linked = run((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)link,
                                           .open_flags = O_RDONLY, .user_data = 103});
    int read_back = run((struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = linked, .addr = (uintptr_t)back,
                                              .len = sizeof back, .user_data = 104});
    int failed = run((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)absent,
                                           .open_flags = O_RDONLY, .user_data = 105});
    int closed = run((struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .fd = linked, .user_data = 106});
    int connected = run((struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = client, .addr = (uintptr_t)&address,
                                              .off = sizeof address, .user_data = 107});
    int sent = run((struct io_uring_sqe){.opcode = IORING_OP_SEND, .fd = client, .addr = (uintptr_t)"hello", .len = 5,
                                         .user_data = 108});
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int unconnected = run((struct io_uring_sqe){.opcode = IORING_OP_CONNECT, .fd = refused, .addr = (uintptr_t)&nobody,
                                                .off = sizeof nobody, .user_data = 109});
    int renamed = run((struct io_uring_sqe){.opcode = IORING_OP_RENAMEAT, .fd = AT_FDCWD, .addr = (uintptr_t)made,
                                            .addr2 = (uintptr_t)moved, .len = (unsigned)AT_FDCWD, .user_data = 110});
    // One that is not to be told of, and one that never ends while the recording runs.
    submit((struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = opened, .addr = (uintptr_t)text, .len = 3,
                                 .flags = IOSQE_CQE_SKIP_SUCCESS, .user_data = 111});
    must(syscall(SYS_io_uring_enter, ring, 1, 0, 0, 0, 0), "io_uring_enter");
    printf("{\"pid\":%d,\"port\":%d,\"opened\":%d,\"wrote\":%d,\"linked\":%d,\"read\":%d,\"failed\":%d,\"closed\":%d,"
           "\"connected\":%d,\"sent\":%d,\"unconnected\":%d,\"renamed\":%d,\"client\":%d}\n",
           getpid(), ntohs(address.sin_port), opened, wrote, linked, read_back, failed, closed, connected, sent, unconnected,
           renamed, client);
    fflush(stdout);
    _exit(0);
  }
  int status;
  must(wait(&status), "wait");
  exit(WEXITSTATUS(status));
}

// --- The 32-bit entry --------------------------------------------------------------------------------------------

#if defined(__x86_64__)
static int old_call(int number, unsigned a, unsigned b, unsigned c, unsigned d, unsigned e, unsigned f) {
  int result;
  register unsigned long sixth asm("r12") = f;
  // The sixth argument's register holds the frame; the red zone is not to be written over.
  asm volatile("sub $128, %%rsp; push %%rbp; mov %%r12d, %%ebp; int $0x80; pop %%rbp; add $128, %%rsp"
               : "=a"(result)
               : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "r"(sixth)
               : "memory", "r8", "r9", "r10", "r11");
  return result;
}

static void compat(const char *directory) {
  // What 32-bit calls point to must lie below 4 GiB.
  char *low = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) must(-1, "mmap");
  unsigned base = (uintptr_t)low;
  int length = sprintf(low, "%s/compat", directory);
  strcpy(low + 1024, "old entry");
  int opened = old_call(295, AT_FDCWD, base, O_RDWR | O_CREAT | 0100000, 0600, 0, 0); // a large file
  int wrote = old_call(4, opened, base + 1024, 9, 0, 0, 0);
  unsigned *vector = (void *)(low + 2048);
  vector[0] = base + 1024, vector[1] = 3, vector[2] = base + 1028, vector[3] = 5;
  int vectored = old_call(146, opened, base + 2048, 2, 0, 0, 0);
  // 5 GiB, in two registers.
  int placed = old_call(181, opened, base + 1024, 9, 0x40000000, 1, 0);
  unsigned *arguments = (void *)(low + 3072);
  arguments[0] = AF_INET, arguments[1] = SOCK_DGRAM, arguments[2] = 0;
  int made = old_call(102, 1, base + 3072, 0, 0, 0, 0);
  int pid = old_call(20, 0, 0, 0, 0, 0, 0);
  int failed = old_call(5, base + 4000, O_RDONLY, 0, 0, 0, 0);
  int unknown = old_call(17, 1, 2, 3, 4, 5, 6);
  old_call(6, opened, 0, 0, 0, 0, 0);
  printf("{\"pid\":%d,\"length\":%d,\"opened\":%d,\"wrote\":%d,\"vectored\":%d,\"placed\":%d,\"made\":%d,\"failed\":%d,"
         "\"unknown\":%d}\n",
         pid, length, opened, wrote, vectored, placed, made, failed, unknown);
}
#else
static void compat(const char *directory) { (void)directory; }
#endif

// --- Faults, switches, use ---------------------------------------------------------------------------------------

static void faults(void) {
  size_t size = 64 * 4096;
  char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) must(-1, "mmap");
  madvise(memory, size, MADV_NOHUGEPAGE);
  for (size_t offset = 0; offset < size; offset += 4096) memory[offset] = 1;
  printf("{\"pid\":%d,\"first\":%lu,\"last\":%lu}\n", getpid(), (unsigned long)memory, (unsigned long)memory + size - 4096);
}

static void switches(void) {
  for (int i = 0; i < 20; i++) usleep(2000);
  printf("{\"pid\":%d}\n", getpid());
}

static void busy(void) {
  size_t size = 32 << 20;
  char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) must(-1, "mmap");
  for (int i = 0; i < 10; i++) must(open("/dev/null", O_RDONLY), "open");
  struct timespec now, end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  do {
    for (volatile int i = 0; i < 1000000; i++) {}
    getppid();
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec - end.tv_sec + (now.tv_nsec - end.tv_nsec) / 1e9 < 1.2);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"pid\":%d,\"cpu\":%ld}\n", getpid(),
         (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000);
}

// Uses the CPU without a single call, or does nothing at all; until it is killed, or for half a minute.
static void still(int uses_cpu) {
  alarm(30);
  while (uses_cpu) __asm__ volatile("");
  pause();
}

int main(int count, char **words) {
  if (count != 3) return 98;
  const char *part = words[1], *directory = words[2];
  if (!strcmp(part, "signals")) signals();
  else if (!strcmp(part, "exits")) exits(directory);
  else if (!strcmp(part, "uring")) uring(directory);
  else if (!strcmp(part, "compat")) compat(directory);
  else if (!strcmp(part, "faults")) faults();
  else if (!strcmp(part, "switches")) switches();
  else if (!strcmp(part, "busy")) busy();
  else if (!strcmp(part, "burn")) still(1);
  else if (!strcmp(part, "sleep")) still(0);
  else return 97;
  return 0;
}
