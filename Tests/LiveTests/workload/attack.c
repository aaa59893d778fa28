// What an intruder does that no usual tool does by itself, each by its name: for the comparison with rules. Nothing here harms
// anybody: it asks for no more than what makes a rule fire. Built without libraries that a container may not have.
//
//     attack nothing | memfd | reverse | pipe | packet | datagram | attach | fork | traceme | module
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int must(int result, const char *what) {
  if (result >= 0) return result;
  fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void copy(int from, int to) {
  char part[65536];
  ssize_t count;
  while ((count = read(from, part, sizeof part)) > 0) must(write(to, part, count), "write");
}

// Runs a copy of this program that no directory has.
static void run_from_memory(void) {
  int own = must(open("/proc/self/exe", O_RDONLY), "open");
  int memory = must(memfd_create("payload", 0), "memfd_create");
  copy(own, memory);
  // A descriptor for writing keeps a program from being executed.
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
  int readable = must(open(path, O_RDONLY), "open");
  close(memory);
  char *arguments[] = {"payload", "nothing", NULL};
  must(syscall(SYS_execveat, readable, "", arguments, environ, AT_EMPTY_PATH), "execveat");
}

// Connects to a listener of its own and makes the connection its standard streams.
static void connect_back(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(bind(listener, (void *)&address, length), "bind");
  must(listen(listener, 1), "listen");
  must(getsockname(listener, (void *)&address, &length), "getsockname");
  int connection = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(connection, (void *)&address, length), "connect");
  for (int stream = 0; stream < 3; stream++) must(dup2(connection, stream), "dup2");
}

static void use_pipes(void) {
  int ends[2];
  must(pipe(ends), "pipe");
  must(dup2(ends[0], 0), "dup2");
  must(dup2(ends[1], 1), "dup2");
}

static void make_child(int attaches) {
  int child = must(fork(), "fork");
  if (child == 0) {
    pause();
    _exit(0);
  }
  if (attaches) {
    must(ptrace(PTRACE_ATTACH, child, 0, 0), "ptrace");
    must(waitpid(child, NULL, 0), "waitpid");
    must(ptrace(PTRACE_DETACH, child, 0, 0), "ptrace");
  }
  kill(child, SIGKILL);
  must(waitpid(child, NULL, 0), "waitpid");
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  if (!strcmp(what, "nothing")) return 0;
  if (!strcmp(what, "memfd")) run_from_memory();
  else if (!strcmp(what, "reverse")) connect_back();
  else if (!strcmp(what, "pipe")) use_pipes();
  else if (!strcmp(what, "packet")) must(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), "socket");
  else if (!strcmp(what, "datagram")) must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  else if (!strcmp(what, "attach")) make_child(1);
  else if (!strcmp(what, "fork")) make_child(0);
  else if (!strcmp(what, "traceme")) must(ptrace(PTRACE_TRACEME, 0, 0, 0), "ptrace");
  // No such descriptor: the attempt is what counts.
  else if (!strcmp(what, "module")) syscall(SYS_finit_module, -1, "", 0);
  else {
    fprintf(stderr, "attack: unknown: %s\n", what);
    return 2;
  }
  return 0;
}
