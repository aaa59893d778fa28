// Makes what fills tables: many different files, processes and connections, each seen a few times.
//
//     many FILES PROCESSES CONNECTIONS FOLDER
//
// A file is made, written, closed, opened again, read and removed. A process executes this program and asks a name server that is
// not there for a name of its own. A connection carries one HTTP request for a path of its own, and an answer.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void make_file(const char *folder, long number) {
  char path[512], bytes[256];
  snprintf(path, sizeof path, "%s/folder-%03ld/a-file-with-a-longer-name-%08ld.txt", folder, number % 1000, number);
  int size = snprintf(bytes, sizeof bytes, "this is file %ld, and it says nothing else\n", number);
  int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (file < 0) fail(path);
  if (write(file, bytes, size) != size) fail("write");
  close(file);
  file = open(path, O_RDONLY);
  if (file < 0 || read(file, bytes, sizeof bytes) != size) fail("read");
  close(file);
  unlink(path);
}

// A question for the address of p<number>.example.
static int ask(long number) {
  unsigned char query[64] = {number >> 8, number, 1, 0, 0, 1};
  int length = 12, name = snprintf((char *)query + 13, 40, "p%ld", number);
  query[12] = name;
  memcpy(query + 13 + name, "\7example\0\0\1\0\1", 13);
  length = 13 + name + 13;
  int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % 200);
  if (connect(socket_, (struct sockaddr *)&server, sizeof server) == 0 && write(socket_, query, length) < 0) return 0;
  return 0;
}

static void make_process(const char *own, long number) {
  char text[32];
  snprintf(text, sizeof text, "%ld", number);
  pid_t child = vfork();
  if (child < 0) fail("vfork");
  if (child == 0) {
    execl(own, own, "ask", text, (char *)NULL);
    _exit(127);
  }
  waitpid(child, NULL, 0);
}

static void serve(int listener, long connections) {
  char bytes[512];
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK";
  for (long number = 0; number < connections; number++) {
    int peer = accept(listener, NULL, NULL);
    if (peer < 0) fail("accept");
    if (read(peer, bytes, sizeof bytes) <= 0 || write(peer, answer, sizeof answer - 1) < 0) fail("serve");
    close(peer);
  }
}

static void connect_many(long connections) {
  char bytes[512];
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 16)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  pid_t server = fork();
  if (server == 0) {
    serve(listener, connections);
    _exit(0);
  }
  for (long number = 0; number < connections; number++) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    // Many source addresses: the ports of one are used up soon.
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number / 1000)};
    if (bind(client, (struct sockaddr *)&own, sizeof own)) fail("bind");
    if (connect(client, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int length = snprintf(
        bytes, sizeof bytes, "GET /page/%ld HTTP/1.1\r\nHost: many.example\r\nUser-Agent: many\r\n\r\n", number);
    if (write(client, bytes, length) != length || read(client, bytes, sizeof bytes) <= 0) fail("request");
    close(client);
  }
  waitpid(server, NULL, 0);
}

int main(int argc, char **argv) {
  if (argc == 3) return ask(atol(argv[2]));
  if (argc != 5) {
    fprintf(stderr, "usage: many FILES PROCESSES CONNECTIONS FOLDER\n");
    return 2;
  }
  char path[512];
  for (int number = 0; number < 1000; number++) {
    snprintf(path, sizeof path, "%s/folder-%03d", argv[4], number);
    mkdir(path, 0700);
  }
  for (long number = 0; number < atol(argv[1]); number++) make_file(argv[4], number);
  connect_many(atol(argv[3]));
  for (long number = 0; number < atol(argv[2]); number++) make_process(argv[0], number);
  return 0;
}
