// Sockets: both ends, protocol and role, following bind, connect, accept and single messages.
#include "cases.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static char bytes[64];

union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  struct sockaddr_un local;
};

static socklen_t size_of(const union address *address) {
  return address->any.sa_family == AF_INET ? sizeof address->four : sizeof address->six;
}

static union address at(const char *text, int port) {
  union address address = {0};
  if (strchr(text, ':')) {
    address.six.sin6_family = AF_INET6;
    address.six.sin6_port = htons(port);
    inet_pton(AF_INET6, text, &address.six.sin6_addr);
  } else {
    address.four.sin_family = AF_INET;
    address.four.sin_port = htons(port);
    inet_pton(AF_INET, text, &address.four.sin_addr);
  }
  return address;
}

struct end {
  char ip[INET6_ADDRSTRLEN];
  int port;
};

static struct end end_of(const union address *address) {
  struct end end = {.port = ntohs(address->four.sin_port)};
  if (address->any.sa_family == AF_INET) inet_ntop(AF_INET, &address->four.sin_addr, end.ip, sizeof end.ip);
  else inet_ntop(AF_INET6, &address->six.sin6_addr, end.ip, sizeof end.ip);
  return end;
}

static struct end own_end(int fd) {
  union address address;
  socklen_t length = sizeof address;
  must(getsockname(fd, &address.any, &length), "getsockname");
  return end_of(&address);
}

// What an event about a connection must say. `role` is c for the client, s for the server.
static void says_connection(int fd, struct end own, struct end peer, char role, const char *protocol, bool connected) {
  struct end client = role == 'c' ? own : peer, server = role == 'c' ? peer : own;
  bool six = strchr(own.ip, ':') != NULL;
  counts("fd.num", fd);
  says("fd.type", six ? "ipv6" : "ipv4");
  says("fd.l4proto", "%s", protocol);
  says("fd.lip", "%s", own.ip);
  counts("fd.lport", own.port);
  says("fd.rip", "%s", peer.ip);
  counts("fd.rport", peer.port);
  says("fd.cip", "%s", client.ip);
  counts("fd.cport", client.port);
  says("fd.sip", "%s", server.ip);
  counts("fd.sport", server.port);
  holds("fd.is_server", role == 's');
  holds("fd.connected", connected);
  // The ecosystem writes IPv6 addresses without brackets.
  says("fd.name", "%s:%d->%s:%d", client.ip, client.port, server.ip, server.port);
}

static int open_socket(const char *ip, int kind) {
  return must(socket(strchr(ip, ':') ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC, 0), "socket");
}

static int bound(const char *ip, int port, int kind) {
  int fd = open_socket(ip, kind);
  int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  union address address = at(ip, port);
  must(bind(fd, &address.any, size_of(&address)), "bind");
  return fd;
}

static int listening(const char *ip) {
  int fd = open_socket(ip, SOCK_STREAM);
  union address address = at(ip, 0);
  long number = mark();
  long result = bind(fd, &address.any, size_of(&address));
  int saved = errno;
  struct end own = own_end(fd);
  errno = saved;
  about(number, "bind", must(result, "bind"));
  counts("fd.num", fd);
  says("fd.lip", "%s", own.ip);
  counts("fd.lport", own.port);
  says("fd.l4proto", "tcp");
  done();
  number = mark();
  about(number, "listen", listen(fd, 64));
  says("fd.lip", "%s", own.ip);
  counts("fd.lport", own.port);
  counts("fd.sport", own.port);
  holds("fd.is_server", true);
  done();
  return fd;
}

static void talk(int fd, struct end own, struct end peer, char role, const char *protocol, bool sends) {
  long number = mark();
  long result = sends ? send(fd, "hello", 5, MSG_NOSIGNAL) : recv(fd, bytes, 5, MSG_WAITALL);
  about(number, sends ? "sendto" : "recvfrom", result);
  says_connection(fd, own, peer, role, protocol, true);
  done();
}

// A client and a server in one process; `bind_client` chooses the client's address before it connects.
static void exchange(const char *ip, const char *client_ip) {
  int listener = listening(ip);
  struct end server = own_end(listener);
  int near = client_ip ? bound(client_ip, 0, SOCK_STREAM) : open_socket(ip, SOCK_STREAM);
  union address address = at(server.ip, server.port);
  long number = mark();
  long result = connect(near, &address.any, size_of(&address));
  must(result, "connect");
  struct end client = own_end(near);
  about(number, "connect", result);
  says_connection(near, client, server, 'c', "tcp", true);
  done();
  number = mark();
  int far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  about(number, "accept4", far);
  says_connection(far, server, client, 's', "tcp", true);
  done();
  for (int turn = 0; turn < 2; turn++) {
    talk(near, client, server, 'c', "tcp", true);
    talk(far, server, client, 's', "tcp", false);
    talk(far, server, client, 's', "tcp", true);
    talk(near, client, server, 'c', "tcp", false);
  }
  int value = 1;
  number = mark();
  about(number, "setsockopt", setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
  says_connection(near, client, server, 'c', "tcp", true);
  done();
  number = mark();
  about(number, "shutdown", shutdown(near, SHUT_WR));
  says("fd.name", "%s:%d->%s:%d", client.ip, client.port, server.ip, server.port);
  done();
  number = mark();
  about(number, "recvfrom", recv(far, bytes, 5, 0));
  says("fd.name", "%s:%d->%s:%d", client.ip, client.port, server.ip, server.port);
  holds("fd.is_server", true);
  done();
  for (int turn = 0; turn < 2; turn++) {
    number = mark();
    about(number, "close", close(turn ? far : near));
    says("fd.name", "%s:%d->%s:%d", client.ip, client.port, server.ip, server.port);
    holds("fd.is_server", turn);
    done();
  }
  close(listener);
}

static void tcp_four(void) { exchange("127.0.0.1", NULL); }
static void tcp_four_bound(void) { exchange("127.0.0.7", "127.0.0.9"); }
static void tcp_six(void) { exchange("::1", NULL); }

// The listener has a descriptor of six, the peer an address of four.
static void tcp_mapped(void) {
  int listener = must(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  int no = 0;
  must(setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no), "V6ONLY");
  union address address = at("::", 0);
  must(bind(listener, &address.any, sizeof address.six), "bind");
  must(listen(listener, 5), "listen");
  int port = own_end(listener).port;
  int near = open_socket("127.0.0.1", SOCK_STREAM);
  address = at("127.0.0.1", port);
  must(connect(near, &address.any, sizeof address.four), "connect");
  struct end client = own_end(near);
  long number = mark();
  int far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  about(number, "accept4", far);
  counts("fd.lport", port);
  counts("fd.rport", client.port);
  holds("fd.is_server", true);
  says("fd.rip", "::ffff:127.0.0.1");
  may_also_say("fd.rip", "127.0.0.1");
  done();
}

// A queue that is full leaves the connection in progress; it is established when there is room.
static void in_progress(void) {
  int listener = bound("127.0.0.1", 0, SOCK_STREAM);
  must(listen(listener, 0), "listen");
  struct end server = own_end(listener);
  union address address = at(server.ip, server.port);
  int first = open_socket("127.0.0.1", SOCK_STREAM);
  must(connect(first, &address.any, sizeof address.four), "connect");
  int second = open_socket("127.0.0.1", SOCK_STREAM | SOCK_NONBLOCK);
  long number = mark();
  long result = connect(second, &address.any, sizeof address.four);
  int saved = errno;
  struct end client = own_end(second);
  errno = saved;
  about(number, "connect", result);
  says_connection(second, client, server, 'c', "tcp", false);
  done();
  number = mark();
  about(number, "recvfrom", recv(second, bytes, 1, MSG_DONTWAIT));
  says_connection(second, client, server, 'c', "tcp", false);
  done();
}

static void refused(const char *ip) {
  int holder = bound(ip, 0, SOCK_STREAM), fd = open_socket(ip, SOCK_STREAM);
  struct end server = own_end(holder);
  union address address = at(ip, server.port);
  long number = mark();
  about(number, "connect", connect(fd, &address.any, size_of(&address)));
  counts("fd.num", fd);
  says("fd.rip", "%s", ip);
  counts("fd.rport", server.port);
  says("fd.sip", "%s", ip);
  counts("fd.sport", server.port);
  holds("fd.connected", false);
  holds("fd.is_server", false);
  done();
  // The same descriptor, and now it works.
  must(listen(holder, 5), "listen");
  number = mark();
  long result = connect(fd, &address.any, size_of(&address));
  must(result, "connect");
  struct end client = own_end(fd);
  about(number, "connect", result);
  says_connection(fd, client, server, 'c', "tcp", true);
  done();
}
static void refused_four(void) { refused("127.0.0.1"); }
static void refused_six(void) { refused("::1"); }

// A descriptor's number goes from one connection to the next.
static void same_number(void) {
  int listener = bound("127.0.0.1", 0, SOCK_STREAM);
  must(listen(listener, 64), "listen");
  struct end server = own_end(listener);
  union address address = at(server.ip, server.port);
  for (int turn = 0; turn < 8; turn++) {
    int near = open_socket("127.0.0.1", SOCK_STREAM);
    must(connect(near, &address.any, sizeof address.four), "connect");
    struct end client = own_end(near);
    int far = must(accept(listener, NULL, NULL), "accept");
    talk(near, client, server, 'c', "tcp", true);
    talk(far, server, client, 's', "tcp", false);
    close(near);
    close(far);
  }
}

// --- Datagrams ---

static void says_message(int fd, struct end own, struct end peer) {
  counts("fd.num", fd);
  says("fd.l4proto", "udp");
  says("fd.lip", "%s", own.ip);
  counts("fd.lport", own.port);
  says("fd.rip", "%s", peer.ip);
  counts("fd.rport", peer.port);
}

// One socket, many peers: each message has its own.
static void datagrams(const char *ip) {
  enum { PEERS = 3 };
  int hub = bound(ip, 0, SOCK_DGRAM), peers[PEERS];
  struct end own = own_end(hub), ends[PEERS];
  for (int index = 0; index < PEERS; index++) {
    peers[index] = bound(ip, 0, SOCK_DGRAM);
    ends[index] = own_end(peers[index]);
  }
  for (int turn = 0; turn < 6; turn++) {
    int index = (turn + repetition) % PEERS;
    union address to = at(ends[index].ip, ends[index].port), from;
    struct iovec part = {bytes, 8};
    long number = mark();
    if (turn & 1) {
      struct msghdr message = {.msg_name = &to, .msg_namelen = size_of(&to), .msg_iov = &part, .msg_iovlen = 1};
      about(number, "sendmsg", sendmsg(hub, &message, 0));
    } else {
      about(number, "sendto", sendto(hub, bytes, 8, 0, &to.any, size_of(&to)));
    }
    says_message(hub, own, ends[index]);
    done();
    to = at(own.ip, own.port);
    must(sendto(peers[index], bytes, 8, 0, &to.any, size_of(&to)), "sendto");
    socklen_t length = sizeof from;
    number = mark();
    if (turn & 1) {
      struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
      about(number, "recvmsg", recvmsg(hub, &message, 0));
    } else {
      about(number, "recvfrom", recvfrom(hub, bytes, 8, 0, &from.any, &length));
    }
    says_message(hub, own, ends[index]);
    done();
  }
  // Connected, then to another, then to none.
  for (int index = 0; index < PEERS; index++) {
    union address to = at(ends[index].ip, ends[index].port);
    long number = mark();
    about(number, "connect", connect(hub, &to.any, size_of(&to)));
    says_message(hub, own, ends[index]);
    done();
    number = mark();
    about(number, "write", write(hub, bytes, 8));
    says_message(hub, own, ends[index]);
    done();
  }
}
static void datagrams_four(void) { datagrams("127.0.0.1"); }
static void datagrams_six(void) { datagrams("::1"); }

// --- Unix sockets and others ---

static union address unix_address(const char *name, bool is_abstract, socklen_t *length) {
  union address address = {.local = {.sun_family = AF_UNIX}};
  if (is_abstract) {
    int size = snprintf(address.local.sun_path + 1, sizeof address.local.sun_path - 1, "reel-%d-%s", getpid(), name);
    *length = offsetof(struct sockaddr_un, sun_path) + 1 + size;
  } else {
    snprintf(address.local.sun_path, sizeof address.local.sun_path, "%s/%s", directory, name);
    *length = sizeof address.local;
  }
  return address;
}

static void says_unix(int fd) {
  counts("fd.num", fd);
  says("fd.type", "unix");
  says("fd.sockfamily", "unix");
}

// Both ends of a stream carry the path: its name ends with it, behind the kernel's addresses of the sockets.
static void unix_stream(bool is_abstract) {
  socklen_t length;
  union address address = unix_address("stream", is_abstract, &length);
  int listener = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  long number = mark();
  about(number, "bind", bind(listener, &address.any, length));
  says_unix(listener);
  ends_with("fd.name", "%s", address.local.sun_path + is_abstract);
  done();
  must(listen(listener, 5), "listen");
  int near = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  number = mark();
  about(number, "connect", connect(near, &address.any, length));
  says_unix(near);
  ends_with("fd.name", "%s", address.local.sun_path + is_abstract);
  holds("fd.is_server", false);
  done();
  number = mark();
  int far = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  about(number, "accept4", far);
  says_unix(far);
  ends_with("fd.name", "%s", address.local.sun_path + is_abstract);
  holds("fd.is_server", true);
  done();
  for (int turn = 0; turn < 2; turn++) {
    number = mark();
    about(number, "write", write(turn ? far : near, "x", 1));
    says_unix(turn ? far : near);
    ends_with("fd.name", "%s", address.local.sun_path + is_abstract);
    holds("fd.is_server", turn);
    done();
  }
}
static void unix_path(void) { unix_stream(false); }
static void unix_abstract(void) { unix_stream(true); }

static void unix_pair(void) {
  int ends[2];
  static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int kind = 0; kind < 3; kind++) {
    must(socketpair(AF_UNIX, kinds[kind] | SOCK_CLOEXEC, 0, ends), "socketpair");
    for (int turn = 0; turn < 2; turn++) {
      long number = mark();
      about(number, "write", write(ends[turn], "x", 1));
      says_unix(ends[turn]);
      done();
      number = mark();
      about(number, "read", read(ends[!turn], bytes, 1));
      says_unix(ends[!turn]);
      done();
    }
    close(ends[0]);
    close(ends[1]);
  }
}

static void unix_absent(void) {
  socklen_t length;
  union address address = unix_address("nobody-listens", false, &length);
  int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  long number = mark();
  about(number, "connect", connect(fd, &address.any, length));
  says_unix(fd);
  ends_with("fd.name", "%s/nobody-listens", directory);
  done();
}

static void other_families(void) {
  static const struct {
    int family, kind, protocol;
    const char *type, *transport;
  } kinds[] = {
      {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, "netlink", NULL},
      {AF_PACKET, SOCK_RAW, 0x0300, "packet", NULL},
      {AF_INET, SOCK_RAW, IPPROTO_ICMP, "ipv4", "icmp"},
      {AF_INET, SOCK_RAW, IPPROTO_RAW, "ipv4", "raw"},
      {AF_INET6, SOCK_DGRAM, 0, "ipv6", "udp"},
  };
  for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
    long number = mark();
    int fd = socket(kinds[index].family, kinds[index].kind | SOCK_CLOEXEC, kinds[index].protocol);
    about(number, "socket", must(fd, "socket"));
    counts("fd.num", fd);
    says("fd.type", "%s", kinds[index].type);
    if (kinds[index].transport) says("fd.l4proto", "%s", kinds[index].transport);
    done();
    number = mark();
    about(number, "close", close(fd));
    counts("fd.num", fd);
    says("fd.type", "%s", kinds[index].type);
    done();
  }
}

const struct test_case socket_cases[] = {
    {"TCP on IPv4", tcp_four},
    {"TCP between bound addresses", tcp_four_bound},
    {"TCP on IPv6", tcp_six},
    {"TCP from IPv4 to IPv6", tcp_mapped},
    {"connection in progress", in_progress},
    {"refused on IPv4", refused_four},
    {"refused on IPv6", refused_six},
    {"one number, many connections", same_number},
    {"datagrams on IPv4", datagrams_four},
    {"datagrams on IPv6", datagrams_six},
    {"unix stream", unix_path},
    {"abstract unix stream", unix_abstract},
    {"unix pairs", unix_pair},
    {"unix without a listener", unix_absent},
    {"other families", other_families},
    {0},
};
