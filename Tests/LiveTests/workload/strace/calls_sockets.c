// Sockets of the common families.
#include "calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <time.h>

static void connected(void) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
  socklen_t length = sizeof name;
  long server = CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  int one = 1;
  CALL(setsockopt, server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  CALL(setsockopt, server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  CALL(setsockopt, server, SOL_SOCKET, 9999, &one, sizeof one);
  CALL(bind, server, &name, sizeof name);
  CALL(bind, server, &name, 1);
  CALL(listen, server, 5);
  CALL(getsockname, server, &name, &length);
  CALL(getpeername, server, &name, &length);
  long client = CALL(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CALL(connect, client, &name, sizeof name);
  length = sizeof peer;
  long accepted = CALL(accept4, server, &peer, &length, SOCK_CLOEXEC);
  CALL(connect, client, &name, sizeof name);
  CALL(getpeername, client, &peer, &length);
  char bytes[200];
  memset(bytes, 'n', sizeof bytes);
  CALL(sendto, client, bytes, 200, MSG_NOSIGNAL, NULL, 0);
  CALL(recvfrom, accepted, bytes, 7, MSG_PEEK, NULL, NULL);
  CALL(recvfrom, accepted, bytes, 200, 0, &peer, &length);
  CALL(recvfrom, accepted, bytes, 200, MSG_DONTWAIT, NULL, NULL);
  length = sizeof one;
  CALL(getsockopt, client, SOL_SOCKET, SO_ERROR, &one, &length);
  CALL(getsockopt, client, SOL_SOCKET, SO_TYPE, NOWHERE, &length);
  CALL(shutdown, client, SHUT_WR);
  CALL(shutdown, client, 9);
  CALL(read, accepted, bytes, 10);
  CALL(connect, client, NOWHERE, sizeof name);
  name.sin_port = htons(1);
  long refused = CALL(socket, AF_INET, SOCK_STREAM, 0);
  CALL(connect, refused, &name, sizeof name);
  CALL(fcntl, server, F_SETFL, O_NONBLOCK);
  CALL(accept, server, NULL, NULL);
  CALL(accept, 999, NULL, NULL);
  long descriptors[] = {server, client, accepted, refused};
  for (int index = 0; index < 4; index++) CALL(close, descriptors[index]);
}

static void datagrams(void) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}, from;
  socklen_t length = sizeof name;
  long one = CALL(socket, AF_INET6, SOCK_DGRAM, 0), two = CALL(socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
  CALL(bind, one, &name, sizeof name);
  CALL(getsockname, one, &name, &length);
  CALL(sendto, two, "datagram", 8, 0, &name, sizeof name);
  CALL(sendto, two, "lost", 4, MSG_DONTWAIT, &name, 3);
  char bytes[64], more[8];
  length = sizeof from;
  CALL(recvfrom, one, bytes, sizeof bytes, 0, &from, &length);
  struct iovec vector[3] = {{"vec", 3}, {"tor", 3}, {"ed", 2}};
  struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = vector, .msg_iovlen = 3};
  CALL(sendmsg, two, &message, MSG_NOSIGNAL);
  struct iovec room[2] = {{more, 4}, {bytes, 20}};
  struct msghdr received = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = room, .msg_iovlen = 2};
  CALL(recvmsg, one, &received, 0);
  CALL(recvmsg, one, &received, MSG_DONTWAIT);
  CALL(sendmsg, two, NOWHERE, 0);
  struct mmsghdr both[2] = {{.msg_hdr = message}, {.msg_hdr = message}};
  CALL(sendmmsg, two, both, 2, 0);
  struct mmsghdr rooms[2] = {{.msg_hdr = received}, {.msg_hdr = received}};
  struct timespec soon = {0, 1000};
  CALL(recvmmsg, one, rooms, 2, MSG_DONTWAIT, &soon);
  CALL(recvmmsg, one, rooms, 2, MSG_DONTWAIT, NULL);
  CALL(close, one);
  CALL(close, two);
}

static void local(void) {
  int pair[2];
  CALL(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  int none[2];
  CALL(socketpair, AF_INET, SOCK_STREAM, 0, none);
  struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
  struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0reel-calls"}, peer;
  socklen_t length = sizeof peer;
  long server = CALL(socket, AF_UNIX, SOCK_STREAM, 0), client = CALL(socket, AF_UNIX, SOCK_STREAM, 0);
  CALL(bind, server, &name, offsetof(struct sockaddr_un, sun_path) + 7);
  CALL(listen, server, 1);
  CALL(connect, client, &name, sizeof name);
  long accepted = CALL(accept, server, &peer, &length);
  length = sizeof peer;
  CALL(getpeername, client, &peer, &length);
  long other = CALL(socket, AF_UNIX, SOCK_DGRAM, 0);
  CALL(bind, other, &abstract, offsetof(struct sockaddr_un, sun_path) + 11);
  CALL(sendto, other, "self", 4, 0, &abstract, offsetof(struct sockaddr_un, sun_path) + 11);
  CALL(connect, other, &(struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = ABSENT}, sizeof name);
  struct iovec vector[2] = {{"with", 4}, {" descriptors", 12}};
  union {
    char bytes[CMSG_SPACE(2 * sizeof(int))];
    struct cmsghdr head;
  } control = {.head = {.cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  int passed[2] = {1, 2};
  memcpy(CMSG_DATA(&control.head), passed, sizeof passed);
  struct msghdr message = {
      .msg_iov = vector, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control};
  CALL(sendmsg, pair[0], &message, 0);
  char bytes[64];
  struct iovec room = {bytes, sizeof bytes};
  message.msg_iov = &room;
  message.msg_iovlen = 1;
  CALL(recvmsg, pair[1], &message, MSG_CMSG_CLOEXEC);
  long descriptors[] = {pair[0], pair[1], server, client, accepted, other};
  for (int index = 0; index < 6; index++) CALL(close, descriptors[index]);
}

static void others(void) {
  long link = CALL(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = 1};
  CALL(bind, link, &name, sizeof name);
  socklen_t length = sizeof name;
  CALL(getsockname, link, &name, &length);
  struct nlmsghdr ask = {.nlmsg_len = 17, .nlmsg_type = 18 /* RTM_GETLINK */, .nlmsg_flags = 0x301};
  CALL(sendto, link, &ask, sizeof ask, 0, NULL, 0);
  CALL(close, link);
  long packet = CALL(socket, AF_PACKET, SOCK_DGRAM, 0);
  struct sockaddr_ll device = {.sll_family = AF_PACKET, .sll_protocol = 8, .sll_ifindex = 1};
  CALL(bind, packet, &device, sizeof device);
  CALL(close, packet);
  long machine = CALL(socket, AF_VSOCK, SOCK_STREAM, 0);
  struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = 1, .svm_port = 99};
  CALL(connect, machine, &address, sizeof address);
  CALL(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
  CALL(socket, AF_BLUETOOTH, SOCK_RAW, 0);
  CALL(socket, AF_ALG, SOCK_SEQPACKET, 0);
  CALL(socket, 99, 99, 99);
}

void sockets(void) {
  connected();
  datagrams();
  local();
  others();
}
