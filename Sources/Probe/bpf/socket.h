// What a socket is connected to.
#ifndef REEL_SOCKET_H
#define REEL_SOCKET_H

#include "path.h"

enum {
  TCP_STATE_ESTABLISHED = 1,
  TCP_STATE_CLOSE = 7,
  TCP_STATE_LISTEN = 10,
};
// ESTABLISHED, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING: there is, or was until now, another end.
#define TCP_STATES_CONNECTED (1u << 1 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 8 | 1u << 9 | 1u << 11)

#define FAMILY_UNIX 1
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define FAMILY_NETLINK 16
#define FAMILY_PACKET 17

static __always_inline __u32 swap16(__u32 value) { return ((value & 0xFF) << 8) | ((value >> 8) & 0xFF); }

// A socket is a new version of itself when its ends or its stage change. States within a connection differ in nothing
// that a reader is told.
static __always_inline __u64 socket_stage(__u32 state) {
  return TCP_STATES_CONNECTED >> (state & 31) & 1 ? 1 : state == TCP_STATE_LISTEN ? 2 : 3;
}

// Addresses, ports and stage of a socket, folded.
__noinline __u64 socket_fingerprint(__u64 file_address) {
  struct reel_ring *ring = own_ring();
  if (!ring) return 0;
  __u64 *scratch = &ring->scratch;
  struct file *file = (void *)file_address;
  struct socket *socket = (struct socket *)READ(file, private_data);
  struct sock *sock = socket ? READ(socket, sk) : 0;
  if (!sock) return 0;
  __u16 family = READ(sock, __sk_common.skc_family);
  __u64 print = mix(family, socket_stage(READ(sock, __sk_common.skc_state)));
  if (family == FAMILY_IPV4) {
    print = mix(print, READ(sock, __sk_common.skc_addrpair));
    print = mix(print, READ(sock, __sk_common.skc_portpair));
  } else if (family == FAMILY_IPV6) {
    print = mix(print, READ(sock, __sk_common.skc_portpair));
#define FOLD(member, word) print = mix(print, READ(sock, __sk_common.member.in6_u.u6_addr32[word]));
    FOLD(skc_v6_daddr, 0) FOLD(skc_v6_daddr, 1) FOLD(skc_v6_daddr, 2) FOLD(skc_v6_daddr, 3)
    FOLD(skc_v6_rcv_saddr, 0) FOLD(skc_v6_rcv_saddr, 1) FOLD(skc_v6_rcv_saddr, 2) FOLD(skc_v6_rcv_saddr, 3)
#undef FOLD
  } else if (family == FAMILY_UNIX) {
    struct unix_sock *own = (void *)sock;
    print = mix(print, as_number(scratch, READ(own, addr)));
    print = mix(print, as_number(scratch, READ(own, peer)));
  } else if (family == FAMILY_NETLINK && bpf_core_type_exists(struct netlink_sock)) {
    struct netlink_sock *own = (void *)sock;
    print = mix(print, (__u64)READ(own, portid) << 32 | READ(own, dst_portid));
  } else if (family == FAMILY_PACKET && bpf_core_type_exists(struct packet_sock)) {
    struct packet_sock *own = (void *)sock;
    print = mix(print, (__u64)READ(own, ifindex) << 16 | READ(own, num));
  }
  return print;
}

// Appends the path that a unix socket is bound to, if it is.
static __always_inline __u64 put_unix_path(struct reel_ring *ring, struct unix_sock *sock, __u64 offset) {
  struct unix_address *address = READ(sock, addr);
  if (!address) return offset;
  __u32 length = READ(address, len);
  if (length <= 2) return offset;
  length = (length - 2) & 127;
  __u64 path = as_number(&ring->scratch, address) + bpf_core_field_offset(struct unix_address, name) + 2;
  offset &= REEL_RECORD_MASK;
  if (bpf_probe_read_kernel(record_at(ring, offset), length, (void *)path) != 0) return offset;
  return (offset + length) & REEL_RECORD_MASK;
}

// Fills in what a socket is connected to and gives the offset behind its path.
static __always_inline __u64 put_socket(struct reel_ring *ring, struct reel_object *object, struct file *file,
                                        __u64 offset) {
  struct socket *socket = (struct socket *)READ(file, private_data);
  struct sock *sock = socket ? READ(socket, sk) : 0;
  if (!sock) return offset;
  __u16 family = READ(sock, __sk_common.skc_family);
  object->family = family;
  object->socket_type = READ(socket, type);
  object->protocol = READ(sock, sk_protocol);
  object->state = READ(sock, __sk_common.skc_state);
  object->net_namespace = READ(sock, __sk_common.skc_net.net, ns.inum);
  if (family == FAMILY_IPV4 || family == FAMILY_IPV6) {
    object->local_port = READ(sock, __sk_common.skc_num);
    object->remote_port = swap16(READ(sock, __sk_common.skc_dport));
    if (family == FAMILY_IPV4) {
      __u32 local = READ(sock, __sk_common.skc_rcv_saddr);
      __u32 remote = READ(sock, __sk_common.skc_daddr);
      __builtin_memcpy(object->local_address, &local, 4);
      __builtin_memcpy(object->remote_address, &remote, 4);
    } else {
      bpf_core_read(object->local_address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
      bpf_core_read(object->remote_address, 16, &sock->__sk_common.skc_v6_daddr);
    }
  } else if (family == FAMILY_UNIX) {
    struct unix_sock *own = (void *)sock;
    struct sock *peer = READ(own, peer);
    object->socket_source = as_number(&ring->scratch, sock);
    object->socket_peer = as_number(&ring->scratch, peer);
    offset = put_unix_path(ring, own, offset);
    object->own_length = (offset - sizeof *object) & 255;
    if (peer) offset = put_unix_path(ring, (struct unix_sock *)peer, offset);
  } else if (family == FAMILY_NETLINK && bpf_core_type_exists(struct netlink_sock)) {
    struct netlink_sock *own = (void *)sock;
    object->socket_source = READ(own, portid);
    object->socket_peer = READ(own, dst_portid);
  } else if (family == FAMILY_PACKET && bpf_core_type_exists(struct packet_sock)) {
    struct packet_sock *own = (void *)sock;
    object->socket_source = READ(own, ifindex);
    object->protocol = swap16(READ(own, num));
  }
  return offset;
}

#endif
