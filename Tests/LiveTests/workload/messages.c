// Many messages with one call, messages by path, connections that are given up or given away.
#include "cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static char bytes[64];

static int bound(int kind, struct sockaddr_in *own) {
  int fd = must(socket(AF_INET, kind | SOCK_CLOEXEC, 0), "socket");
  *own = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  must(bind(fd, (struct sockaddr *)own, sizeof *own), "bind");
  socklen_t length = sizeof *own;
  must(getsockname(fd, (struct sockaddr *)own, &length), "getsockname");
  return fd;
}

static void says_ends(int fd, const struct sockaddr_in *own, const struct sockaddr_in *peer) {
  counts("fd.num", fd);
  says("fd.type", "ipv4");
  says("fd.lip", "127.0.0.1");
  counts("fd.lport", ntohs(own->sin_port));
  if (peer) {
    says("fd.rip", "127.0.0.1");
    counts("fd.rport", ntohs(peer->sin_port));
  }
}

// A call with several messages is about its socket, and about the peer of the first.
static void several(void) {
  struct sockaddr_in near, far;
  int from = bound(SOCK_DGRAM, &near), to = bound(SOCK_DGRAM, &far);
  struct iovec part = {bytes, 8};
  struct mmsghdr messages[3] = {0};
  for (int index = 0; index < 3; index++)
    messages[index].msg_hdr =
        (struct msghdr){.msg_name = &far, .msg_namelen = sizeof far, .msg_iov = &part, .msg_iovlen = 1};
  long number = mark();
  about(number, "sendmmsg", sendmmsg(from, messages, 3, 0));
  says_ends(from, &near, &far);
  says("fd.l4proto", "udp");
  done();
  struct sockaddr_in sources[3];
  for (int index = 0; index < 3; index++) messages[index].msg_hdr.msg_name = &sources[index];
  number = mark();
  about(number, "recvmmsg", recvmmsg(to, messages, 3, 0, NULL));
  says_ends(to, &far, &near);
  says("fd.l4proto", "udp");
  done();
}

static struct sockaddr_un local_address(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", directory, name);
  return address;
}

static void says_local(int fd, const char *name) {
  counts("fd.num", fd);
  says("fd.type", "unix");
  ends_with("fd.name", "%s", name);
}

// Unconnected: the message names its receiver, and what is received its sender or the own path.
static void by_path(void) {
  struct sockaddr_un near = local_address("near"), far = local_address("far");
  int from = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  int to = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  must(bind(from, (struct sockaddr *)&near, sizeof near), near.sun_path);
  must(bind(to, (struct sockaddr *)&far, sizeof far), far.sun_path);
  for (int turn = 0; turn < 2; turn++) {
    long number = mark();
    about(number, "sendto", sendto(from, bytes, 4, 0, (struct sockaddr *)&far, sizeof far));
    says_local(from, far.sun_path);
    done();
    struct sockaddr_un source;
    socklen_t length = sizeof source;
    number = mark();
    about(number, "recvfrom", recvfrom(to, bytes, 4, 0, (struct sockaddr *)&source, &length));
    says_local(to, near.sun_path);
    may_also_say("fd.name", "%s", far.sun_path);
    done();
  }
  // One without a path of its own.
  int nameless = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  long number = mark();
  about(number, "sendto", sendto(nameless, bytes, 4, 0, (struct sockaddr *)&far, sizeof far));
  says_local(nameless, far.sun_path);
  done();
  number = mark();
  about(number, "connect", connect(from, (struct sockaddr *)&far, sizeof far));
  says_local(from, far.sun_path);
  done();
  number = mark();
  about(number, "write", write(from, bytes, 4));
  says_local(from, far.sun_path);
  done();
}

static void given_up(void) {
  struct sockaddr_in near, far;
  int from = bound(SOCK_DGRAM, &near);
  bound(SOCK_DGRAM, &far);
  long number = mark();
  about(number, "connect", connect(from, (struct sockaddr *)&far, sizeof far));
  says_ends(from, &near, &far);
  holds("fd.connected", true);
  done();
  struct sockaddr nothing = {.sa_family = AF_UNSPEC};
  number = mark();
  about(number, "connect", connect(from, &nothing, sizeof nothing));
  counts("fd.num", from);
  is_missing("fd.rip");
  is_missing("fd.rport");
  holds("fd.connected", false);
  done();
  number = mark();
  about(number, "fcntl", fcntl(from, F_GETFL));
  is_missing("fd.rip");
  holds("fd.connected", false);
  done();
}

static struct sockaddr_in client, server;
static void says_stream(int fd, bool is_server) {
  says_ends(fd, is_server ? &server : &client, is_server ? &client : &server);
  holds("fd.is_server", is_server);
  holds("fd.connected", true);
  says("fd.name", "127.0.0.1:%d->127.0.0.1:%d", ntohs(client.sin_port), ntohs(server.sin_port));
}

// A connection is accepted by one process and served by another, which never saw the call.
static void given_away(void) {
  int listener = bound(SOCK_STREAM, &server), ends[2];
  must(listen(listener, 5), "listen");
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  int worker = must(fork(), "fork");
  if (worker == 0) {
    close(listener);
    int fd = receive_descriptor(ends[0]);
    socklen_t length = sizeof client;
    must(getpeername(fd, (struct sockaddr *)&client, &length), "getpeername");
    long number = mark();
    about(number, "recvfrom", recv(fd, bytes, 5, MSG_WAITALL));
    says_stream(fd, true);
    done();
    number = mark();
    about(number, "sendto", send(fd, "hello", 5, MSG_NOSIGNAL));
    says_stream(fd, true);
    done();
    _exit(0);
  }
  int near = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  must(connect(near, (struct sockaddr *)&server, sizeof server), "connect");
  socklen_t length = sizeof client;
  must(getsockname(near, (struct sockaddr *)&client, &length), "getsockname");
  int far = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
  send_descriptor(ends[1], far);
  close(far);
  must(send(near, "hello", 5, MSG_NOSIGNAL), "send");
  long number = mark();
  about(number, "recvfrom", recv(near, bytes, 5, MSG_WAITALL));
  says_stream(near, false);
  done();
  finish(worker);
}

const struct test_case message_cases[] = {
    {"several messages", several},
    {"messages by path", by_path},
    {"connection given up", given_up},
    {"connection given away", given_away},
    {0},
};
