// Requests of io_uring that take more than one number: vectors, messages, buffers that the kernel chooses, requests that
// complete more than once, registered files and buffers, a queue that a thread of the kernel empties.
//
//     rings DIRECTORY
//
// None of what is compared is done by a system call of its name. Writes one JSON object to standard output.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Newer than the headers that this may be built with.
#ifndef IORING_RECV_MULTISHOT
#define IORING_RECV_MULTISHOT (1U << 1)
#endif
#ifndef IORING_ACCEPT_MULTISHOT
#define IORING_ACCEPT_MULTISHOT (1U << 0)
#endif

static long must(long result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(99);
  }
  return result;
}

struct queue {
  int descriptor, polls;
  unsigned *tail, *mask, *array, *flags, *done_head, *done_tail, *done_mask;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *completions;
};

static struct queue make_queue(unsigned flags) {
  struct io_uring_params p = {.flags = flags, .sq_thread_idle = 2000};
  struct queue queue = {.polls = flags & IORING_SETUP_SQPOLL};
  int ring = queue.descriptor = must(syscall(SYS_io_uring_setup, 16, &p), "io_uring_setup");
  char *submitted = mmap(0, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  char *done = mmap(0, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                    IORING_OFF_CQ_RING);
  queue.entries = mmap(0, p.sq_entries * sizeof *queue.entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  if (submitted == MAP_FAILED || done == MAP_FAILED || queue.entries == MAP_FAILED) must(-1, "mmap");
  queue.tail = (void *)(submitted + p.sq_off.tail);
  queue.mask = (void *)(submitted + p.sq_off.ring_mask);
  queue.flags = (void *)(submitted + p.sq_off.flags);
  queue.array = (void *)(submitted + p.sq_off.array);
  queue.done_head = (void *)(done + p.cq_off.head);
  queue.done_tail = (void *)(done + p.cq_off.tail);
  queue.done_mask = (void *)(done + p.cq_off.ring_mask);
  queue.completions = (void *)(done + p.cq_off.cqes);
  return queue;
}

static void submit(struct queue *queue, struct io_uring_sqe entry) {
  unsigned at = *queue->tail & *queue->mask;
  queue->entries[at] = entry;
  queue->array[at] = at;
  __atomic_store_n(queue->tail, *queue->tail + 1, __ATOMIC_SEQ_CST);
  if (!queue->polls) {
    must(syscall(SYS_io_uring_enter, queue->descriptor, 1, 0, 0, 0, 0), "io_uring_enter");
  } else if (__atomic_load_n(queue->flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP) {
    must(syscall(SYS_io_uring_enter, queue->descriptor, 1, 0, IORING_ENTER_SQ_WAKEUP, 0, 0), "io_uring_enter");
  }
}

static int wait_for(struct queue *queue) {
  unsigned head = *queue->done_head;
  while (head == __atomic_load_n(queue->done_tail, __ATOMIC_ACQUIRE))
    must(syscall(SYS_io_uring_enter, queue->descriptor, 0, 1, IORING_ENTER_GETEVENTS, 0, 0), "io_uring_enter");
  int result = queue->completions[head & *queue->done_mask].res;
  __atomic_store_n(queue->done_head, head + 1, __ATOMIC_RELEASE);
  return result;
}

static int run(struct queue *queue, struct io_uring_sqe entry) {
  submit(queue, entry);
  return wait_for(queue);
}

static unsigned long next_number = 200;
#define REQUEST(operation, ...) ((struct io_uring_sqe){.opcode = operation, .user_data = next_number++, __VA_ARGS__})
#define AT(pointer) ((uintptr_t)(pointer))

static int connected(int server) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  must(getsockname(server, (void *)&address, &length), "getsockname");
  int client = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(connect(client, (void *)&address, length), "connect");
  return client;
}

int main(int count, char **words) {
  if (count != 2) return 98;
  must(chdir(words[1]), "chdir");
  int directory = must(open(".", O_RDONLY | O_DIRECTORY), "open");
  must(mkdir("below", 0700), "mkdir");
  int below = must(open("below", O_RDONLY | O_DIRECTORY), "open");
  struct queue queue = make_queue(0);
  struct queue *q = &queue;

  // Vectors and messages, of which the elements are written over once they are submitted.
  int file = run(q, REQUEST(IORING_OP_OPENAT, .fd = directory, .addr = AT("vectors"), .len = 0600, .open_flags = O_RDWR | O_CREAT));
  struct iovec vector[3] = {{"uno ", 4}, {"", 0}, {"dos tres", 8}};
  int wrote = run(q, REQUEST(IORING_OP_WRITEV, .fd = file, .addr = AT(vector), .len = 3));
  char first[5], second[64];
  struct iovec back[2] = {{first, 5}, {second, sizeof second}};
  int read_back = run(q, REQUEST(IORING_OP_READV, .fd = file, .addr = AT(back), .len = 2));
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = 3};
  // Received before it is there: the request waits, and its elements are gone when it completes.
  struct msghdr *wanted = calloc(1, sizeof *wanted);
  struct iovec *pieces = calloc(2, sizeof *pieces);
  pieces[0] = (struct iovec){first, 3}, pieces[1] = (struct iovec){second, 60};
  *wanted = (struct msghdr){.msg_iov = pieces, .msg_iovlen = 2};
  submit(q, REQUEST(IORING_OP_RECVMSG, .fd = ends[1], .addr = AT(wanted)));
  memset(pieces, 0, 2 * sizeof *pieces);
  memset(wanted, 0, sizeof *wanted);
  submit(q, REQUEST(IORING_OP_SENDMSG, .fd = ends[0], .addr = AT(&message)));
  int messages = wait_for(q) + wait_for(q);

  // Opens that fail, by relative paths.
  int here = run(q, REQUEST(IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = AT("absent"), .open_flags = O_RDONLY));
  int there = run(q, REQUEST(IORING_OP_OPENAT, .fd = below, .addr = AT("absent"), .open_flags = O_RDONLY));

  // Registered files and buffers.
  static char buffer[4096];
  struct iovec registered = {buffer, sizeof buffer};
  int slots[4] = {-1, -1, -1, -1};
  must(syscall(SYS_io_uring_register, q->descriptor, IORING_REGISTER_BUFFERS, &registered, 1), "IORING_REGISTER_BUFFERS");
  must(syscall(SYS_io_uring_register, q->descriptor, IORING_REGISTER_FILES, slots, 4), "IORING_REGISTER_FILES");
  int opened = run(q, REQUEST(IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = AT("fixed"), .len = 0600,
                              .open_flags = O_RDWR | O_CREAT, .file_index = 2));
  strcpy(buffer, "fixed bytes");
  int fixed = run(q, REQUEST(IORING_OP_WRITE_FIXED, .fd = 1, .flags = IOSQE_FIXED_FILE, .addr = AT(buffer), .len = 11));
  memset(buffer, 0, 11);
  fixed += run(q, REQUEST(IORING_OP_READ_FIXED, .fd = 1, .flags = IOSQE_FIXED_FILE, .addr = AT(buffer), .len = 4096));

  // One request that accepts two connections, and one that receives twice, into buffers that the kernel chooses.
  int server = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  must(bind(server, (void *)&address, sizeof address), "bind");
  must(listen(server, 4), "listen");
  submit(q, REQUEST(IORING_OP_ACCEPT, .fd = server, .ioprio = IORING_ACCEPT_MULTISHOT));
  int one = connected(server);
  int accepted = wait_for(q);
  int two = connected(server);
  int also = wait_for(q);
  static char provided[4][256];
  int given = run(q, REQUEST(IORING_OP_PROVIDE_BUFFERS, .fd = 4, .addr = AT(provided), .len = 256, .buf_group = 7));
  submit(q, REQUEST(IORING_OP_RECV, .fd = accepted, .ioprio = IORING_RECV_MULTISHOT, .flags = IOSQE_BUFFER_SELECT, .buf_group = 7));
  must(send(one, "first shot", 10, 0), "send");
  int shots = wait_for(q);
  must(send(one, "second", 6, 0), "send");
  shots += wait_for(q);

  // A thread of the kernel takes what is submitted.
  struct queue polled = make_queue(IORING_SETUP_SQPOLL);
  int quiet = run(&polled, REQUEST(IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = AT("polled"), .len = 0600, .open_flags = O_RDWR | O_CREAT));
  int quiet_wrote = run(&polled, REQUEST(IORING_OP_WRITE, .fd = quiet, .addr = AT("no call at all"), .len = 14));

  printf("{\"pid\":%d,\"file\":%d,\"wrote\":%d,\"read\":%d,\"messages\":%d,\"here\":%d,\"there\":%d,\"opened\":%d,\"fixed\":%d,"
         "\"accepted\":%d,\"also\":%d,\"given\":%d,\"shots\":%d,\"quiet\":%d,\"quiet_wrote\":%d,\"two\":%d}\n",
         getpid(), file, wrote, read_back, messages, here, there, opened, fixed, accepted, also, given, shots, quiet, quiet_wrote,
         two);
  return 0;
}
