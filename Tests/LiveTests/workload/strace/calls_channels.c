// Pipes, notifications, and bytes that move without a buffer.
#include "calls.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

static void watching(void) {
  char bytes[512];
  uint64_t set = 1 << 9;
  long counter = CALL(eventfd2, 3, EFD_CLOEXEC | EFD_NONBLOCK);
  CALL(eventfd, 1);
  CALL(read, counter, bytes, 8);
  CALL(read, counter, bytes, 8);
  long timer = CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct itimerspec when = {{1, 5}, {2, 7}};
  CALL(timerfd_settime, timer, 0, &when, NULL);
  CALL(timerfd_settime, timer, TFD_TIMER_ABSTIME, NOWHERE, NULL);
  CALL(timerfd_gettime, timer, &when);
  CALL(timerfd_create, 77, 0);
  long signals = CALL(signalfd4, -1, &set, 8, SFD_NONBLOCK);
  CALL(signalfd, -1, &set, 8);
  CALL(signalfd4, 999, &set, 8, 0);
  long watch = CALL(inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
  CALL(inotify_init);
  long number = CALL(inotify_add_watch, watch, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
  CALL(inotify_add_watch, watch, ABSENT, IN_ALL_EVENTS);
  long watched = CALL(open, "watched", O_CREAT | O_WRONLY, 0600);
  CALL(close, watched);
  CALL(read, watch, bytes, sizeof bytes);
  CALL(inotify_rm_watch, watch, number);
  CALL(inotify_rm_watch, watch, 99);
  long notify = CALL(fanotify_init, FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE);
  CALL(fanotify_mark, notify, FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE_WRITE, AT_FDCWD, "watched");
  CALL(fanotify_mark, notify, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, ABSENT);
  CALL(fanotify_mark, notify, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
  CALL(fanotify_init, 0xf0000000, 0);
  long descriptors[] = {counter, timer, signals, watch, notify};
  for (int index = 0; index < 5; index++) CALL(close, descriptors[index]);
}

static void polling(void) {
  int ends[2];
  CALL(pipe2, ends, O_NONBLOCK);
  CALL(pipe, NOWHERE);
  struct pollfd polled[3] = {{ends[0], POLLIN | POLLPRI, 0}, {ends[1], POLLOUT, 0}, {-1, POLLIN, 0}};
  CALL(poll, polled, 3, 0);
  CALL(poll, polled, 1, 1);
  CALL(poll, NOWHERE, 2, 0);
  struct timespec soon = {0, 1000000};
  uint64_t mask = 0x400;
  CALL(ppoll, polled, 2, &soon, &mask, 8);
  CALL(write, ends[1], "z", 1);
  CALL(ppoll, polled, 1, NULL, NULL, 0);
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_SET(ends[0], &readable);
  FD_SET(ends[1], &writable);
  struct timeval moment = {0, 1000};
  CALL(select, ends[1] + 1, &readable, &writable, NULL, &moment);
  CALL(select, -1, NULL, NULL, NULL, &moment);
  CALL(pselect6, ends[1] + 1, &readable, NULL, NULL, &soon, NULL);
  long set = CALL(epoll_create1, EPOLL_CLOEXEC);
  CALL(epoll_create, 5);
  CALL(epoll_create1, 0x1234);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLONESHOT, .data.u64 = 0x1122334455667788}, events[4];
  CALL(epoll_ctl, set, EPOLL_CTL_ADD, ends[0], &event);
  CALL(epoll_ctl, set, EPOLL_CTL_ADD, ends[0], &event);
  CALL(epoll_ctl, set, EPOLL_CTL_DEL, ends[1], NULL);
  CALL(epoll_ctl, set, 9, ends[1], &event);
  CALL(epoll_wait, set, events, 4, 0);
  CALL(epoll_ctl, set, EPOLL_CTL_MOD, ends[0], &event);
  CALL(epoll_pwait, set, events, 4, 0, &mask, 8);
  CALL(epoll_pwait2, set, events, 4, &soon, &mask, 8);
  CALL(epoll_wait, 999, events, 4, 0);
  CALL(epoll_wait, set, events, -4, 0);
  CALL(close, set);
  CALL(close, ends[0]);
  CALL(close, ends[1]);
}

static void rings(void) {
  struct io_uring_params parameters = {.flags = IORING_SETUP_CLAMP};
  long ring = CALL(io_uring_setup, 8, &parameters);
  CALL(io_uring_setup, 0, &parameters);
  CALL(io_uring_setup, 8, NOWHERE);
  CALL(io_uring_enter, ring, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
  CALL(io_uring_enter, 999, 1, 1, 0, NULL, 0);
  struct iovec buffer = {&parameters, 64};
  CALL(io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1);
  CALL(io_uring_register, ring, 999, NULL, 0);
  CALL(close, ring);
  unsigned long context = 0;
  CALL(io_setup, 4, &context);
  struct timespec none = {0, 0};
  char events[256];
  CALL(io_getevents, context, 0, 4, events, &none);
  CALL(io_submit, context, 0, NULL);
  CALL(io_pgetevents, context, 0, 1, events, &none, NULL);
  CALL(io_cancel, context, NOWHERE, events);
  CALL(io_destroy, context);
  CALL(io_destroy, context);
}

void channels(void) {
  watching();
  polling();
  rings();
}

void transfers(void) {
  int first[2], second[2];
  long from = CALL(open, "from", O_RDWR | O_CREAT | O_TRUNC, 0600);
  long to = CALL(open, "to", O_RDWR | O_CREAT | O_TRUNC, 0600);
  CALL(pipe2, first, O_CLOEXEC);
  CALL(pipe, second);
  CALL(write, from, "0123456789", 10);
  long offset = 2, other = 1;
  CALL(sendfile, to, from, &offset, 4);
  CALL(sendfile, to, from, NULL, 4);
  CALL(sendfile, to, 999, &offset, 4);
  CALL(sendfile, to, from, NOWHERE, 4);
  CALL(copy_file_range, from, &offset, to, &other, 3, 0);
  CALL(copy_file_range, from, NULL, to, NULL, 3, 0);
  CALL(copy_file_range, 999, NULL, to, NULL, 3, 1);
  offset = 0;
  CALL(splice, from, &offset, first[1], NULL, 5, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  CALL(tee, first[0], second[1], 5, SPLICE_F_NONBLOCK);
  CALL(splice, first[0], NULL, to, &other, 5, 0);
  CALL(splice, first[0], &offset, to, NULL, 5, 0);
  struct iovec vector[2] = {{"ab", 2}, {"cde", 3}};
  CALL(vmsplice, first[1], vector, 2, SPLICE_F_GIFT);
  CALL(tee, 999, 998, 5, 0);
  long descriptors[] = {from, to, first[0], first[1], second[0], second[1]};
  for (int index = 0; index < 6; index++) CALL(close, descriptors[index]);
}
