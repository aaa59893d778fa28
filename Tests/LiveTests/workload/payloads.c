// Moves known bytes with every call that moves bytes, through everything that holds them, in vectors cut at odd places.
//
//     payloads DIRECTORY
//
// A byte is known by its stream and its position there (`byte_at`). Writes one JSON object for each call to standard output,
// in order: {"call":"readv","parts":"STREAM,POSITION,LENGTH;…"}; without parts where no bytes are to be recorded. Descriptors of
// what is compared are 100 and more.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static char journal[1 << 20];
static size_t journaled;

static void note(const char *format, ...) {
  va_list values;
  va_start(values, format);
  journaled += vsnprintf(journal + journaled, sizeof journal - journaled, format, values);
  va_end(values);
}

static long must(long result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(99);
  }
  return result;
}

static char byte_at(unsigned stream, size_t position) {
  static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return signs[(stream * 131 + position * 7 + (position >> 6) * 13 + (position >> 12) * 29) % 62];
}

static void fill(char *bytes, unsigned stream, size_t position, size_t length) {
  for (size_t i = 0; i < length; i++) bytes[i] = byte_at(stream, position + i);
}

// A descriptor among those that are compared.
static int high(int descriptor) {
  int moved = must(fcntl(descriptor, F_DUPFD_CLOEXEC, 100), "fcntl");
  close(descriptor);
  return moved;
}

#define LARGEST 70000
static char out_bytes[LARGEST + 64], in_bytes[LARGEST + 64];

// Cuts memory into elements of odd lengths, some empty; the last one takes the rest.
static int cut(struct iovec *vector, int most, char *bytes, size_t length) {
  static const size_t lengths[] = {1, 0, 78, 3, 0, 17, 80, 61, 1, 333, 2, 4096, 79, 5};
  int count = 0;
  // Never aligned.
  while (length && count < most) {
    size_t part = lengths[count % (sizeof lengths / sizeof *lengths)];
    if (part > length || count == most - 1) part = length;
    vector[count++] = (struct iovec){bytes, part};
    bytes += part;
    length -= part;
  }
  return count;
}

static const size_t sizes[] = {1, 79, 80, 81, 200, 4096, 5000, 65535, 65536, LARGEST};
#define SIZES (int)(sizeof sizes / sizeof *sizes)

static unsigned stream;

static void moved(const char *call, size_t position, long length) {
  must(length, call);
  if (length == 0) return;
  note("{\"call\":\"%s\",\"parts\":\"%u,%zu,%ld\"}\n", call, stream, position, length);
}

// --- Files -------------------------------------------------------------------------------------------------------------

static void files(const char *directory) {
  char path[4096];
  snprintf(path, sizeof path, "%s/bytes", directory);
  int file = high(must(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), "open"));
  struct iovec vector[64];
  for (int i = 0; i < SIZES; i++) {
    size_t size = sizes[i];
    stream++;
    fill(out_bytes + 1, stream, 0, size);
    must(lseek(file, 0, SEEK_SET), "lseek");
    moved("write", 0, write(file, out_bytes + 1, size));
    moved("pwrite", 0, pwrite(file, out_bytes + 1, size, 0));
    must(lseek(file, 0, SEEK_SET), "lseek");
    int count = cut(vector, 64, out_bytes + 1, size);
    moved("writev", 0, writev(file, vector, count));
    moved("pwritev", 0, pwritev(file, vector, count, 0));
    moved("pwritev2", 0, pwritev2(file, vector, count, 0, 0));
    must(lseek(file, 0, SEEK_SET), "lseek");
    moved("read", 0, read(file, in_bytes + 3, size));
    moved("pread", 0, pread(file, in_bytes + 3, size, 0));
    count = cut(vector, 64, in_bytes + 3, size);
    must(lseek(file, 0, SEEK_SET), "lseek");
    moved("readv", 0, readv(file, vector, count));
    moved("preadv", 0, preadv(file, vector, count, 0));
    moved("preadv2", 0, preadv2(file, vector, count, 0, 0));
    // Less is there than is asked for, and what is behind it was there before.
    memset(in_bytes, '#', sizeof in_bytes);
    must(ftruncate(file, size), "ftruncate");
    size_t from = size / 2;
    count = cut(vector, 64, in_bytes + 3, size);
    moved("preadv", from, preadv(file, vector, count, from));
    moved("pread", from, pread(file, in_bytes + 3, size, from));
  }
  close(file);
}

// --- Streams -----------------------------------------------------------------------------------------------------------

// What is written at one end is read at the other in pieces of other lengths.
static void through(int in, int out) {
  struct iovec vector[64];
  for (int i = 0; i < SIZES; i++) {
    size_t size = sizes[i];
    stream++;
    fill(out_bytes + 1, stream, 0, size);
    size_t written = 0, taken = 0;
    for (int turn = 0; taken < size; turn++) {
      // A pipe holds 64 KiB, and less of small pieces.
      if (written < size && written - taken < 10000) {
        size_t part = turn == 0 ? (size + 1) / 2 : size - written;
        if (part > 40000) part = 40000;
        int count = cut(vector, 64, out_bytes + 1 + written, part);
        long done = turn % 2 ? write(out, out_bytes + 1 + written, part) : writev(out, vector, count);
        moved(turn % 2 ? "write" : "writev", written, done);
        written += done;
      }
      size_t most = turn % 3 == 0 ? 33 : size - taken;
      int count = cut(vector, 64, in_bytes + 5, most);
      long done = turn % 2 ? readv(in, vector, count) : read(in, in_bytes + 5, most);
      moved(turn % 2 ? "readv" : "read", taken, done);
      taken += done;
    }
  }
}

// The same with the calls of sockets.
static void through_socket(int in, int out) {
  struct iovec vector[64];
  for (int i = 0; i < SIZES; i++) {
    size_t size = sizes[i];
    stream++;
    fill(out_bytes + 1, stream, 0, size);
    size_t written = 0, taken = 0;
    for (int turn = 0; taken < size; turn++) {
      // A pipe holds 64 KiB, and less of small pieces.
      if (written < size && written - taken < 10000) {
        size_t part = turn == 0 ? (size + 1) / 2 : size - written;
        if (part > 40000) part = 40000;
        struct msghdr message = {.msg_iov = vector, .msg_iovlen = cut(vector, 64, out_bytes + 1 + written, part)};
        long done = turn % 2 ? sendto(out, out_bytes + 1 + written, part, 0, NULL, 0) : sendmsg(out, &message, 0);
        moved(turn % 2 ? "sendto" : "sendmsg", written, done);
        written += done;
      }
      size_t most = turn % 3 == 0 ? 33 : size - taken;
      struct msghdr message = {.msg_iov = vector, .msg_iovlen = cut(vector, 64, in_bytes + 5, most)};
      long done = turn % 2 ? recvmsg(in, &message, 0) : recvfrom(in, in_bytes + 5, most, 0, NULL, NULL);
      moved(turn % 2 ? "recvmsg" : "recvfrom", taken, done);
      taken += done;
    }
  }
}

// --- Messages ----------------------------------------------------------------------------------------------------------

#define MESSAGES 5

static void messages(int in, int out) {
  static const size_t lengths[MESSAGES] = {90, 1, 4000, 0, 700};
  static char bytes[MESSAGES][4096], back[MESSAGES][4096];
  static struct iovec vectors[MESSAGES][40];
  for (int call = 0; call < 2; call++) {
    struct mmsghdr all[MESSAGES] = {};
    unsigned first = stream + 1;
    for (int i = 0; i < MESSAGES; i++) {
      stream++;
      fill(bytes[i] + 1, stream, 0, lengths[i]);
      all[i].msg_hdr.msg_iov = vectors[i];
      all[i].msg_hdr.msg_iovlen = cut(vectors[i], 40, bytes[i] + 1, lengths[i]);
    }
    int sent = must(sendmmsg(out, all, MESSAGES, 0), "sendmmsg");
    for (int receives = 0; receives < 2; receives++) {
      note("{\"call\":\"%s\",\"parts\":\"", receives ? "recvmmsg" : "sendmmsg");
      for (int i = 0; i < sent; i++)
        if (lengths[i]) note("%s%u,0,%zu", i ? ";" : "", first + i, lengths[i]);
      note("\"}\n");
    }
    for (int i = 0; i < MESSAGES; i++) {
      all[i].msg_hdr.msg_iov = vectors[i];
      all[i].msg_hdr.msg_iovlen = cut(vectors[i], 40, back[i] + 3, 4000);
    }
    if (must(recvmmsg(in, all, sent, 0, NULL), "recvmmsg") != sent) must(-1, "recvmmsg: fewer than were sent");
  }
  // One that is cut tells its whole length when it is asked to.
  stream++;
  fill(out_bytes, stream, 0, 100);
  moved("sendto", 0, send(out, out_bytes, 100, 0));
  memset(in_bytes, '#', 200);
  if (must(recvfrom(in, in_bytes, 10, MSG_TRUNC, NULL, NULL), "recvfrom") != 100) must(-1, "MSG_TRUNC");
  note("{\"call\":\"recvfrom\",\"parts\":\"%u,0,10\"}\n", stream);
}

static void sockets(int family) {
  struct sockaddr_storage address = {};
  socklen_t length;
  if (family == AF_INET) {
    struct sockaddr_in *own = (void *)&address;
    own->sin_family = AF_INET;
    own->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = sizeof *own;
  } else {
    struct sockaddr_in6 *own = (void *)&address;
    own->sin6_family = AF_INET6;
    own->sin6_addr = in6addr_loopback;
    length = sizeof *own;
  }
  struct sockaddr_storage any = address;
  int server = must(socket(family, SOCK_STREAM, 0), "socket");
  int room = 1 << 20;
  setsockopt(server, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  must(bind(server, (void *)&address, length), "bind");
  must(listen(server, 1), "listen");
  must(getsockname(server, (void *)&address, &length), "getsockname");
  int client = high(must(socket(family, SOCK_STREAM, 0), "socket"));
  setsockopt(client, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  must(connect(client, (void *)&address, length), "connect");
  int accepted = high(must(accept(server, NULL, NULL), "accept"));
  through(accepted, client);
  through_socket(accepted, client);

  int receiver = high(must(socket(family, SOCK_DGRAM, 0), "socket"));
  int sender = high(must(socket(family, SOCK_DGRAM, 0), "socket"));
  address = any;
  must(bind(receiver, (void *)&address, length), "bind");
  must(getsockname(receiver, (void *)&address, &length), "getsockname");
  must(connect(sender, (void *)&address, length), "connect");
  messages(receiver, sender);
  close(server);
}

// --- Devices -----------------------------------------------------------------------------------------------------------

static void pointless(const char *path, int reads, int writes) {
  int device = high(must(open(path, reads && writes ? O_RDWR : reads ? O_RDONLY : O_WRONLY), path));
  struct iovec vector[8];
  if (writes) {
    fill(out_bytes, 1, 0, 300);
    must(write(device, out_bytes, 300), "write");
    note("{\"call\":\"write\"}\n");
    must(writev(device, vector, cut(vector, 8, out_bytes, 300)), "writev");
    note("{\"call\":\"writev\"}\n");
  }
  if (reads) {
    must(read(device, in_bytes, 300), "read");
    note("{\"call\":\"read\"}\n");
    must(readv(device, vector, cut(vector, 8, in_bytes, 300)), "readv");
    note("{\"call\":\"readv\"}\n");
  }
}

int main(int count, char **words) {
  if (count != 2) return 98;
  files(words[1]);
  int ends[2];
  must(pipe(ends), "pipe");
  through(high(ends[0]), high(ends[1]));
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
  int one = high(ends[0]), other = high(ends[1]);
  through(one, other);
  through_socket(other, one);
  must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), "socketpair");
  messages(high(ends[0]), high(ends[1]));
  sockets(AF_INET);
  if (access("/proc/net/if_inet6", F_OK) == 0) sockets(AF_INET6);
  pointless("/dev/null", 0, 1);
  pointless("/dev/zero", 1, 1);
  pointless("/dev/full", 1, 0);
  pointless("/dev/random", 1, 0);
  pointless("/dev/urandom", 1, 0);
  for (size_t at = 0; at < journaled;) at += must(write(1, journal + at, journaled - at), "write");
  return 0;
}
