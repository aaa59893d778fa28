// A workload that knows what it does: each part makes calls with known results and logs them, one JSON object a line,
// so that a test can ask a capture for exactly these.
//
//     truth files|network|processes DIRECTORY LOG     do the part in DIRECTORY, write the log, exit with 0
//     truth hold DIRECTORY LOG                        open things, write the log, wait for SIGUSR1, use them, exit with 7
//
#include "journal.h"

#include <arpa/inet.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

// Opening: the path as given to the call, and the full path that an observer should know it by.
static int note_open(const char *type, long result, const char *given, const char *full, const char *flags) {
  long outcome = kernel_result(result);
  note("\"call\":\"%s\",\"result\":%ld,\"given\":\"%s\",\"path\":\"%s\",\"flags\":\"%s\"", type, outcome, given, full,
       flags);
  return (int)result;
}

// Using a descriptor: the result, and the path or name that the descriptor stands for.
static long note_use(const char *type, long result, int fd, const char *path) {
  long outcome = kernel_result(result);
  note("\"call\":\"%s\",\"result\":%ld,\"fd\":%d,\"path\":\"%s\"", type, outcome, fd, path);
  return result;
}

static void note_path(const char *type, long result, const char *given) {
  note("\"call\":\"%s\",\"result\":%ld,\"given\":\"%s\"", type, kernel_result(result), given);
}

static char buffer[65536];

// --- Files -----------------------------------------------------------------------------------------------------------

static void whole_life_of_a_file(void) {
  const char *path = in_directory("alpha.txt");
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), path,
                     path, "O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC");
  must(fd, path);
  note_use("write", write(fd, buffer, 4096), fd, path);
  note_use("write", write(fd, buffer, 4096), fd, path);
  note_use("write", write(fd, buffer, 1808), fd, path);
  must(lseek(fd, 0, SEEK_SET), "lseek");
  note_use("read", read(fd, buffer, 16384), fd, path);
  note_use("read", read(fd, buffer, 16384), fd, path);
  note_use("pwrite", pwrite(fd, buffer, 100, 50), fd, path);
  note_use("pread", pread(fd, buffer, 64, 0), fd, path);
  struct iovec parts[2] = {{buffer, 30}, {buffer + 30, 70}};
  note_use("writev", writev(fd, parts, 2), fd, path);
  must(lseek(fd, 0, SEEK_SET), "lseek");
  note_use("readv", readv(fd, parts, 2), fd, path);
  note_use("close", close(fd), fd, path);
  // The descriptor is gone: the call fails and is about nothing.
  note("\"call\":\"bad_read\",\"result\":%ld,\"fd\":%d", kernel_result(read(fd, buffer, 1)), fd);
}

static void relative_paths(void) {
  const char *folder = in_directory("sub");
  must(mkdir(folder, 0755), folder);
  must(mkdir(in_directory("sub/deep"), 0755), "mkdir");
  note_path("chdir", chdir(folder), folder);
  const char *path = in_directory("sub/beta.txt");
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, "beta.txt", O_WRONLY | O_CREAT | O_EXCL, 0600), "beta.txt",
                     path, "O_WRONLY|O_CREAT|O_EXCL");
  note_use("write", write(fd, buffer, 500), fd, path);
  note_use("close", close(fd), fd, path);
  const char *given = "../sub/./deep/../beta.txt";
  fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, given, O_RDONLY), given, path, "O_RDONLY");
  note_use("read", read(fd, buffer, 4096), fd, path);
  note_use("close", close(fd), fd, path);

  int at = note_open("openat", syscall(SYS_openat, AT_FDCWD, folder, O_RDONLY | O_DIRECTORY), folder, folder,
                     "O_RDONLY|O_DIRECTORY");
  note_path("chdir", chdir("/"), "/");
  const char *inside = in_directory("sub/deep/gamma.txt");
  fd = note_open("openat", syscall(SYS_openat, at, "deep/gamma.txt", O_RDWR | O_CREAT | O_APPEND, 0644),
                 "deep/gamma.txt", inside, "O_RDWR|O_CREAT|O_APPEND");
  note_use("write", write(fd, buffer, 333), fd, inside);
  note_use("close", close(fd), fd, inside);
  struct open_how how = {.flags = O_RDONLY | O_NOFOLLOW, .resolve = RESOLVE_BENEATH};
  fd = note_open("openat2", syscall(SYS_openat2, at, "deep/gamma.txt", &how, sizeof how), "deep/gamma.txt", inside,
                 "O_RDONLY|O_NOFOLLOW");
  note_use("read", read(fd, buffer, 1000), fd, inside);
  note_use("close", close(fd), fd, inside);
  note_use("close", close(at), at, folder);
}

static void old_calls(void) {
#ifdef SYS_open
  const char *path = in_directory("old.txt");
  int fd = note_open("creat", syscall(SYS_creat, path, 0600), path, path, "");
  note_use("write", write(fd, buffer, 42), fd, path);
  note_use("close", close(fd), fd, path);
  fd = note_open("open", syscall(SYS_open, path, O_RDONLY | O_NONBLOCK, 0), path, path, "O_RDONLY|O_NONBLOCK");
  note_use("read", read(fd, buffer, 100), fd, path);
  note_use("close", close(fd), fd, path);
#endif
}

static void copies_of_descriptors(void) {
  const char *path = in_directory("copied.txt");
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0644), path, path,
                     "O_RDWR|O_CREAT");
  must(dup2(fd, 100), "dup2");
  note_use("write", write(100, buffer, 111), 100, path);
  note_use("close", close(fd), fd, path);
  note_use("write", write(100, buffer, 222), 100, path);
  // The number goes to another file now; what was there before is closed by the call.
  const char *other = in_directory("other.txt");
  int next = note_open("openat", syscall(SYS_openat, AT_FDCWD, other, O_RDWR | O_CREAT, 0644), other, other,
                       "O_RDWR|O_CREAT");
  must(dup2(next, 100), "dup2");
  note_use("write", write(100, buffer, 444), 100, other);
  note_use("close", close(100), 100, other);
  note_use("close", close(next), next, other);
}

static void names_that_change(void) {
  const char *first = in_directory("first.txt"), *second = in_directory("second.txt");
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, first, O_RDWR | O_CREAT, 0644), first, first,
                     "O_RDWR|O_CREAT");
  note_use("write", write(fd, buffer, 10), fd, first);
  must(rename(first, second), "rename");
  // A descriptor keeps the name that it was opened by.
  note_use("write", write(fd, buffer, 20), fd, first);
  note_use("close", close(fd), fd, first);
  fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, second, O_RDONLY), second, second, "O_RDONLY");
  note_use("read", read(fd, buffer, 100), fd, second);
  note_use("close", close(fd), fd, second);

  const char *link = in_directory("link.txt");
  must(symlink(second, link), "symlink");
  fd = must(syscall(SYS_openat, AT_FDCWD, link, O_RDONLY), link);
  note("\"call\":\"openat\",\"result\":%d,\"given\":\"%s\",\"path\":\"%s\",\"real\":\"%s\",\"flags\":\"O_RDONLY\"", fd,
       link, link, second);
  note_use("read", read(fd, buffer, 100), fd, link);
  note_use("close", close(fd), fd, link);
}

static void failures(void) {
  const char *absent = in_directory("absent.txt");
  note_open("openat", syscall(SYS_openat, AT_FDCWD, absent, O_RDONLY), absent, absent, "O_RDONLY");
  const char *folder = in_directory("sub");
  note_open("openat", syscall(SYS_openat, AT_FDCWD, folder, O_WRONLY), folder, folder, "O_WRONLY");
  const char *path = in_directory("alpha.txt");
  note_open("openat", syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600), path, path,
            "O_WRONLY|O_CREAT|O_EXCL");
}

static void many_bytes(void) {
  const char *path = in_directory("big.bin");
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644), path, path,
                     "O_RDWR|O_CREAT|O_TRUNC");
  for (int i = 0; i < 16; i++) note_use("write", write(fd, buffer, sizeof buffer), fd, path);
  must(lseek(fd, 0, SEEK_SET), "lseek");
  for (int i = 0; i < 128; i++) note_use("read", read(fd, buffer, 8192), fd, path);
  note_use("close", close(fd), fd, path);
}

static void removals(void) {
#ifdef SYS_unlink
  const char *path = in_directory("big.bin");
  note_path("unlink", syscall(SYS_unlink, path), path);
#endif
  const char *other = in_directory("other.txt");
  note_path("unlinkat", syscall(SYS_unlinkat, AT_FDCWD, other, 0), other);
}

static void files(void) {
  whole_life_of_a_file();
  relative_paths();
  old_calls();
  copies_of_descriptors();
  names_that_change();
  failures();
  many_bytes();
  removals();
}

// --- Network and other ways to talk ----------------------------------------------------------------------------------

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int port_of(int fd) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  must(getsockname(fd, (struct sockaddr *)&address, &length), "getsockname");
  return ntohs(address.sin_port);
}

static int bound_socket(int kind) {
  int fd = must(socket(AF_INET, kind | SOCK_CLOEXEC, 0), "socket");
  struct sockaddr_in address = loopback(0);
  must(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
  return fd;
}

// One side of a connection used a descriptor.
static void note_talk(const char *type, long result, int fd, const char *side, int client, int server) {
  note("\"call\":\"%s\",\"result\":%ld,\"fd\":%d,\"side\":\"%s\",\"client_port\":%d,\"server_port\":%d", type,
       kernel_result(result), fd, side, client, server);
}

static void wait_for(pid_t child) {
  int status = 0;
  must(waitpid(child, &status, 0), "waitpid");
  if (status != 0) _exit(98);
}

static void tcp_exchange(void) {
  int listener = bound_socket(SOCK_STREAM);
  int server = port_of(listener);
  must(listen(listener, 5), "listen");
  pid_t child = must(fork(), "fork");
  if (child == 0) {
    int fd = bound_socket(SOCK_STREAM);
    int client = port_of(fd);
    struct sockaddr_in address = loopback(server);
    note_talk("connect", connect(fd, (struct sockaddr *)&address, sizeof address), fd, "client", client, server);
    note_talk("write", write(fd, buffer, 3000), fd, "client", client, server);
    note_talk("recvfrom", recv(fd, buffer, 5000, MSG_WAITALL), fd, "client", client, server);
    struct iovec parts[2] = {{buffer, 20}, {buffer + 20, 30}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    note_talk("sendmsg", sendmsg(fd, &message, MSG_NOSIGNAL), fd, "client", client, server);
    note_talk("close", close(fd), fd, "client", client, server);
    _exit(0);
  }
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
  int client = ntohs(peer.sin_port);
  note_talk("accept4", fd, fd, "server", client, server);
  note_talk("recvfrom", recv(fd, buffer, 3000, MSG_WAITALL), fd, "server", client, server);
  note_talk("sendto", send(fd, buffer, 5000, MSG_NOSIGNAL), fd, "server", client, server);
  note_talk("recvfrom", recv(fd, buffer, 50, MSG_WAITALL), fd, "server", client, server);
  note_talk("read", read(fd, buffer, 50), fd, "server", client, server);
  note_talk("close", close(fd), fd, "server", client, server);
  close(listener);
  wait_for(child);
}

static void refused_connection(void) {
  // A port that was free a moment ago, and that nobody else on this machine is given meanwhile.
  int holder = bound_socket(SOCK_STREAM);
  int fd = bound_socket(SOCK_STREAM);
  int client = port_of(fd), server = port_of(holder);
  struct sockaddr_in address = loopback(server);
  long result = kernel_result(connect(fd, (struct sockaddr *)&address, sizeof address));
  note("\"call\":\"refused\",\"result\":%ld,\"fd\":%d,\"client_port\":%d,\"server_port\":%d", result, fd, client, server);
  close(fd);
  close(holder);
}

static void datagrams(void) {
  int receiver = bound_socket(SOCK_DGRAM), sender = bound_socket(SOCK_DGRAM);
  int to = port_of(receiver), from = port_of(sender);
  struct sockaddr_in address = loopback(to);
  long sent = sendto(sender, buffer, 700, 0, (struct sockaddr *)&address, sizeof address);
  note("\"call\":\"datagram_sendto\",\"result\":%ld,\"fd\":%d,\"from\":%d,\"to\":%d", kernel_result(sent), sender, from,
       to);
  struct sockaddr_in peer;
  socklen_t length = sizeof peer;
  long received = recvfrom(receiver, buffer, 2000, 0, (struct sockaddr *)&peer, &length);
  note("\"call\":\"datagram_recvfrom\",\"result\":%ld,\"fd\":%d,\"from\":%d,\"to\":%d", kernel_result(received),
       receiver, from, to);
  close(sender);
  close(receiver);
}

static void unix_exchange(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/talk.sock", directory);
  int listener = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  must(listen(listener, 5), "listen");
  pid_t child = must(fork(), "fork");
  const char *path = address.sun_path;
  if (child == 0) {
    int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    note_use("unix_connect", connect(fd, (struct sockaddr *)&address, sizeof address), fd, path);
    note_use("unix_write", write(fd, buffer, 123), fd, path);
    note_use("unix_recvfrom", recv(fd, buffer, 456, MSG_WAITALL), fd, path);
    _exit(0);
  }
  int fd = must(accept(listener, NULL, NULL), "accept");
  note_use("unix_accept", fd, fd, path);
  note_use("unix_recvfrom", recv(fd, buffer, 123, MSG_WAITALL), fd, path);
  note_use("unix_write", write(fd, buffer, 456), fd, path);
  close(fd);
  close(listener);
  wait_for(child);
}

static void pipe_exchange(void) {
  int ends[2];
  long result = must(pipe2(ends, O_CLOEXEC), "pipe2");
  struct stat about;
  must(fstat(ends[0], &about), "fstat");
  note("\"call\":\"pipe2\",\"result\":%ld,\"read_end\":%d,\"write_end\":%d,\"inode\":%llu", result, ends[0], ends[1],
       (unsigned long long)about.st_ino);
  note("\"call\":\"pipe_write\",\"result\":%ld,\"fd\":%d", (long)write(ends[1], buffer, 777), ends[1]);
  note("\"call\":\"pipe_read\",\"result\":%ld,\"fd\":%d", (long)read(ends[0], buffer, 1000), ends[0]);
  close(ends[0]);
  close(ends[1]);
}

static void network(void) {
  tcp_exchange();
  refused_connection();
  datagrams();
  unix_exchange();
  pipe_exchange();
}

// --- Processes -------------------------------------------------------------------------------------------------------

static void name_self(const char *name) { must(prctl(PR_SET_NAME, name), "prctl"); }

// A trace of the calling process in the file system, so that the test finds it by path.
static void leave_trace(const char *name) {
  const char *path = in_directory(name);
  int fd = must(open(path, O_WRONLY | O_CREAT, 0644), path);
  close(fd);
}

static void note_child(const char *role, pid_t child) {
  int status = 0;
  must(waitpid(child, &status, 0), "waitpid");
  note("\"call\":\"ended\",\"role\":\"%s\",\"child\":%d,\"status\":%d,\"code\":%d,\"signal\":%d", role, child, status,
       WIFEXITED(status) ? WEXITSTATUS(status) : 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void *run_thread(void *unused) {
  (void)unused;
  const char *path = in_directory("thread.txt");
  name_self("truth-thread");
  note("\"call\":\"thread\",\"path\":\"%s\"", path);
  int fd = note_open("openat", syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0644), path, path,
                     "O_WRONLY|O_CREAT");
  note_use("write", write(fd, buffer, 64), fd, path);
  note_use("close", close(fd), fd, path);
  return NULL;
}

static void grandchild(void) {
  name_self("truth-inner");
  leave_trace("inner.txt");
  _exit(4);
}

static void child_with_child(void) {
  name_self("truth-middle");
  pid_t inner = must(fork(), "fork");
  if (inner == 0) grandchild();
  note("\"call\":\"parent\",\"role\":\"inner\",\"child\":%d", inner);
  note_child("inner", inner);
  _exit(3);
}

// Its parent ends first; what the kernel then calls the parent is what a capture should say.
static void orphan(pid_t parent) {
  name_self("truth-orphan");
  while (getppid() == parent) usleep(1000);
  note("\"call\":\"orphan\",\"new_parent\":%d,\"path\":\"%s\"", getppid(), in_directory("orphan.txt"));
  leave_trace("orphan.txt");
  _exit(6);
}

static void execute_true(void) {
  char *arguments[] = {"/bin/true", "--reel", "two words", "", NULL};
  char *environment[] = {"REEL_TRUTH=1", NULL};
  const char *absent = in_directory("no-such-program");
  note_path("failed_execve", execve(absent, arguments, environment), absent);
  note("\"call\":\"execve\",\"given\":\"/bin/true\"");
  execve("/bin/true", arguments, environment);
  _exit(99);
}

static void processes(void) {
  pid_t quick = must(fork(), "fork");
  if (quick == 0) _exit(0);
  note("\"call\":\"parent\",\"role\":\"quick\",\"child\":%d", quick);
  note_child("quick", quick);

  pid_t middle = must(fork(), "fork");
  if (middle == 0) child_with_child();
  note("\"call\":\"parent\",\"role\":\"middle\",\"child\":%d", middle);
  note_child("middle", middle);

  pid_t victim = must(fork(), "fork");
  if (victim == 0) {
    leave_trace("victim.txt");
    for (;;) pause();
  }
  note("\"call\":\"parent\",\"role\":\"victim\",\"child\":%d", victim);
  while (access(in_directory("victim.txt"), F_OK) != 0) usleep(1000);
  note("\"call\":\"kill\",\"result\":%d,\"child\":%d", kill(victim, SIGKILL), victim);
  note_child("victim", victim);

  pid_t executed = must(fork(), "fork");
  if (executed == 0) execute_true();
  note("\"call\":\"parent\",\"role\":\"executed\",\"child\":%d", executed);
  note_child("executed", executed);

  pid_t leaving = must(fork(), "fork");
  if (leaving == 0) {
    pid_t self = getpid();
    if (must(fork(), "fork") == 0) orphan(self);
    _exit(5);
  }
  note("\"call\":\"parent\",\"role\":\"leaving\",\"child\":%d", leaving);
  note_child("leaving", leaving);
  while (access(in_directory("orphan.txt"), F_OK) != 0) usleep(1000);

  pthread_t thread;
  must(-pthread_create(&thread, NULL, run_thread, NULL), "pthread_create");
  pthread_join(thread, NULL);
}

// --- Things that were open before anybody looked ---------------------------------------------------------------------

static volatile sig_atomic_t may_go_on;
static void go_on(int signal) {
  (void)signal;
  may_go_on = 1;
}

static void hold(const char *log) {
  const char *path = in_directory("held.txt");
  int fd = must(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644), path);
  must(write(fd, buffer, 2000), "write");
  must(lseek(fd, 0, SEEK_SET), "lseek");
  int listener = bound_socket(SOCK_STREAM);
  int server = port_of(listener);
  must(listen(listener, 5), "listen");
  int near = bound_socket(SOCK_STREAM);
  int client = port_of(near);
  struct sockaddr_in address = loopback(server);
  must(connect(near, (struct sockaddr *)&address, sizeof address), "connect");
  int far = must(accept(listener, NULL, NULL), "accept");
  note("\"call\":\"held\",\"fd\":%d,\"path\":\"%s\",\"near\":%d,\"far\":%d,\"client_port\":%d,\"server_port\":%d,"
       "\"parent\":%d",
       fd, path, near, far, client, server, getppid());

  struct sigaction action = {.sa_handler = go_on};
  sigset_t blocked, previous;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &previous);
  sigaction(SIGUSR1, &action, NULL);
  write_log(log);
  while (!may_go_on) sigsuspend(&previous);

  must(read(fd, buffer, 1200), "read");
  must(write(fd, buffer, 345), "write");
  must(write(near, buffer, 900), "write");
  must(recv(far, buffer, 900, MSG_WAITALL), "recv");
  close(fd);
  _exit(7);
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: truth files|network|processes|hold DIRECTORY LOG\n");
    return 2;
  }
  const char *part = arguments[1], *log = arguments[3];
  directory = arguments[2];
  journal_open();
  for (size_t i = 0; i < sizeof buffer; i++) buffer[i] = "truth "[i % 6];
  note("\"call\":\"start\",\"parent\":%d", getppid());
  if (strcmp(part, "files") == 0) files();
  else if (strcmp(part, "network") == 0) network();
  else if (strcmp(part, "processes") == 0) processes();
  else if (strcmp(part, "hold") == 0) hold(log);
  else return 2;
  write_log(log);
  return 0;
}
