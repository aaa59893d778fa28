// Makes many system calls of many kinds, as a busy machine does: a crowd of processes that open, read, write and look for
// files, talk over sockets and pipes, ask for the time and wait a little. What is called is the same in every run.
//
//     mixed CALLS FOLDER [WORKERS]     about CALLS calls by WORKERS processes (48), four at a time, with files in FOLDER
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FOLDERS = 20, FILES = 40, AT_ONCE = 4 };

static uint64_t state;

static uint32_t chance(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % below;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void name_file(char *path, size_t size, const char *folder, uint32_t directory, uint32_t file) {
  snprintf(path, size, "%s/data%02u/file%03u.%s", folder, directory, file, file % 3 ? "txt" : "conf");
}

static void make_files(const char *folder) {
  char path[512], text[2048];
  memset(text, 'x', sizeof text);
  for (uint32_t directory = 0; directory < FOLDERS; directory++) {
    snprintf(path, sizeof path, "%s/data%02u", folder, directory);
    if (mkdir(path, 0755) && errno != EEXIST) fail(path);
    for (uint32_t file = 0; file < FILES; file++) {
      name_file(path, sizeof path, folder, directory, file);
      int descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
      if (descriptor < 0 || write(descriptor, text, 256 + file * 40) < 0) fail(path);
      close(descriptor);
    }
  }
}

// Opens a file, looks at it, and reads it in pieces: about 8 calls.
static int read_file(const char *folder) {
  char path[512], buffer[1024];
  name_file(path, sizeof path, folder, chance(FOLDERS), chance(FILES));
  struct stat about;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path);
  int calls = 3;
  fstat(descriptor, &about);
  while (read(descriptor, buffer, 64 + chance(400)) > 0) calls++;
  lseek(descriptor, 0, SEEK_SET);
  calls += pread(descriptor, buffer, 100, 20) > 0;
  close(descriptor);
  return calls + 1;
}

// Looks for what is not there, as every search path makes programs do.
static int look_around(const char *folder) {
  char path[512];
  struct stat about;
  for (int step = 0; step < 3; step++) {
    snprintf(path, sizeof path, "%s/lib%u/none%u.so", folder, step, chance(30));
    int descriptor = open(path, O_RDONLY);
    if (descriptor >= 0) close(descriptor);
  }
  name_file(path, sizeof path, folder, chance(FOLDERS), chance(FILES));
  stat(path, &about);
  access(path, R_OK);
  return 5;
}

static int write_log(int log) {
  char line[160];
  int length = snprintf(line, sizeof line, "request %u of %u done in %u ms\n", chance(100000), chance(100), chance(50));
  for (int step = 0; step < 4; step++)
    if (write(log, line, (size_t)length) < 0) fail("log");
  return 4;
}

// A connection to ourselves: both ends in one process, since the backlog takes it.
static int talk(int listener, const struct sockaddr_in *address) {
  char buffer[600];
  memset(buffer, 'r', sizeof buffer);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0 || connect(client, (const struct sockaddr *)address, sizeof *address)) fail("connect");
  int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (server < 0) fail("accept");
  int calls = 3, rounds = 2 + (int)chance(6);
  for (int round = 0; round < rounds; round++) {
    ssize_t sent = send(client, buffer, 60 + chance(300), 0);
    struct pollfd wait = {.fd = server, .events = POLLIN};
    poll(&wait, 1, 1000);
    if (sent < 0 || recv(server, buffer, sizeof buffer, 0) < 0) fail("recv");
    struct iovec parts[2] = {{buffer, 50}, {buffer, 100}};
    if (writev(server, parts, 2) < 0 || read(client, buffer, sizeof buffer) < 0) fail("read");
    calls += 5;
  }
  close(client);
  close(server);
  return calls + 2;
}

static int small_calls(const int ends[2]) {
  char byte = 'p';
  for (int step = 0; step < 3; step++) {
    if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1) fail("pipe");
    syscall(SYS_getpid);
    fcntl(ends[0], F_GETFL);
  }
  getuid();
  return 14;
}

static void work(uint32_t worker, uint64_t calls, const char *folder) {
  char path[512], name[16];
  state = 88172645463325252ULL + worker * 7919;
  static const char *const kinds[] = {"web", "db", "cron", "backup", "agent", "build"};
  snprintf(name, sizeof name, "%s-%u", kinds[worker % 6], worker);
  prctl(PR_SET_NAME, name);
  snprintf(path, sizeof path, "%s/%s.log", folder, name);
  int log = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_APPEND, 0644);
  int ends[2];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (log < 0 || pipe(ends) || listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) ||
      listen(listener, 16) || getsockname(listener, (struct sockaddr *)&address, &length))
    fail("set up");
  for (uint64_t made = 0; made < calls;) {
    uint32_t kind = chance(100);
    if (kind < 45) made += (uint64_t)read_file(folder);
    else if (kind < 60) made += (uint64_t)look_around(folder);
    else if (kind < 80) made += (uint64_t)write_log(log);
    else if (kind < 85) made += (uint64_t)talk(listener, &address);
    else made += (uint64_t)small_calls(ends);
    // What is written is not kept: the folder stays small.
    if (chance(5000) == 0 && ftruncate(log, 0)) fail("truncate");
  }
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "mixed CALLS FOLDER [WORKERS]\n");
    return 2;
  }
  uint64_t calls = strtoull(arguments[1], NULL, 10);
  const char *folder = arguments[2];
  uint32_t workers = count > 3 ? (uint32_t)strtoul(arguments[3], NULL, 10) : 48;
  if (count > 4) {
    work((uint32_t)strtoul(arguments[4], NULL, 10), calls, folder);
    return 0;
  }
  if (workers == 0) return 2;
  make_files(folder);
  char share[32], number[32];
  snprintf(share, sizeof share, "%llu", (unsigned long long)(calls / workers));
  for (uint32_t started = 0, running = 0; started < workers || running > 0;) {
    if (started < workers && running < AT_ONCE) {
      pid_t child = fork();
      if (child < 0) fail("fork");
      if (child == 0) {
        snprintf(number, sizeof number, "%u", started);
        execl("/proc/self/exe", arguments[0], share, folder, "1", number, (char *)NULL);
        fail("exec");
      }
      started++;
      running++;
      continue;
    }
    int status;
    if (wait(&status) < 0) fail("wait");
    if (status != 0) return 1;
    running--;
  }
  return 0;
}
