// A 32-bit program without a library: calls of the 32-bit entry whose arguments or structures differ from those of 64-bit
// calls, good ones and failing ones.
typedef unsigned u32;

static int call(int number, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f) {
  int result;
  u32 values[] = {f, number};
  // The sixth argument's register holds the frame.
  asm volatile("push %%ebp; mov (%%eax), %%ebp; mov 4(%%eax), %%eax; int $0x80; pop %%ebp"
               : "=a"(result)
               : "0"(values), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
               : "memory");
  return result;
}

#define P(pointer) ((u32)(pointer))
#define CALL(number, ...) WITH_SIX(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define WITH_SIX(number, a, b, c, d, e, f, ...) call(number, (u32)(a), (u32)(b), (u32)(c), (u32)(d), (u32)(e), (u32)(f))
#define NOWHERE 0x10
#define HERE ((u32)-100) // AT_FDCWD

struct time { int seconds, fraction; };
struct long_time { long long seconds, fraction; };

static char name[] = "narrow-file", absent[] = "/absent/reel", text[] = "narrow bytes";
static char room[4096];

static void files(void) {
  int file = CALL(295, HERE, P(name), 0x8042, 0600);
  struct { u32 base, length; } vector[] = {{P(text), 3}, {P(text) + 3, 0}, {P(text) + 3, 9}};
  CALL(4, file, P(text), 12);
  CALL(146, file, P(vector), 3);
  CALL(181, file, P(text), 12, 0x40000000, 1);
  CALL(180, file, P(room), 12, 3, 0);
  CALL(19, file, 0, 0);
  CALL(3, file, P(room), 7);
  vector[0].base = P(room), vector[1].base = P(room) + 100, vector[1].length = 2, vector[2].base = P(room) + 200;
  CALL(145, file, P(vector), 3);
  CALL(333, file, P(vector), 3, 5, 0);
  CALL(195, P(name), P(room));
  CALL(195, P(absent), P(room));
  CALL(196, P(name), P(room));
  CALL(197, file, P(room));
  CALL(300, HERE, P(name), P(room), 0x100);
  CALL(300, HERE, P(absent), P(room), 0);
  CALL(383, HERE, P(name), 0, 0x7ff, P(room));
  struct time times[2] = {{1000000, 5}, {2000000, 7}};
  CALL(320, HERE, P(name), P(times), 0);
  CALL(271, P(name), P(times));
  CALL(299, HERE, P(name), P(times));
  CALL(320, HERE, P(name), NOWHERE, 0);
  u32 offset = 3;
  int copy = CALL(5, P("narrow-copy"), 0x42, 0600);
  CALL(187, copy, file, P(&offset), 4);
  long long far = 2;
  CALL(239, copy, file, P(&far), 4);
  CALL(193, P(name), 5, 0);
  CALL(221, file, 3);
  CALL(6, copy);
  CALL(6, file);
  CALL(10, P(name));
}

static void times(void) {
  struct time nap = {0, 1000000}, no_time = {0, 0};
  struct long_time long_nap = {0, 1000000};
  CALL(162, P(&nap), 0);
  CALL(267, 1, 0, P(&nap), 0);
  CALL(407, 1, 0, P(&long_nap), 0);
  u32 word = 5;
  CALL(240, P(&word), 128, 5, P(&nap));
  CALL(240, P(&word), 0, 6, P(&nap));
  CALL(240, P(&word), 129, 1);
  CALL(422, P(&word), 128, 5, P(&long_nap));
  struct time short_time = {0, 1000};
  CALL(142, 0, 0, 0, 0, P(&short_time));
  CALL(308, 0, 0, 0, 0, P(&nap), 0);
  struct { int descriptor; short events, got; } polled[] = {{0, 1, 0}};
  CALL(168, P(polled), 1, 0);
  CALL(309, P(polled), 1, P(&no_time), 0, 8);
  struct time timer[2] = {{0, 0}, {50, 7}}, old[2];
  CALL(104, 0, P(timer), P(old));
  CALL(105, 0, P(old));
  int timers = CALL(322, 1, 0);
  CALL(325, timers, 0, P(timer), P(old));
  CALL(326, timers, P(old));
  CALL(6, timers);
  int id;
  CALL(259, 1, 0, P(&id));
  CALL(260, id, 0, P(timer), P(old));
  CALL(261, id, P(old));
  CALL(263, id);
  CALL(161, 0, P(&nap));
  u32 set[2] = {1 << 9, 0};
  CALL(177, P(set), 0, P(&no_time), 8);
  CALL(175, 0, P(set), P(room), 8);
}

static void tasks(void) {
  u32 limit[2];
  CALL(191, 7, P(limit));
  CALL(75, 7, P(limit));
  u32 stack[3] = {P(room), 2, 4096};
  CALL(186, P(stack), 0);
  struct { u32 handler, flags, restorer, mask[2]; } action = {1, 0x10000000, 0, {0, 0}};
  CALL(174, 10, P(&action), 0, 8);
  CALL(77, 0, P(room));
  int status;
  int child = CALL(120, 17, 0, 0, 0, 0);
  if (child == 0) CALL(1, 3);
  CALL(114, child, P(&status), 0, P(room));
  CALL(114, -1, P(&status), 1, P(room));
  child = CALL(2);
  if (child == 0) CALL(252, 4);
  CALL(284, 1, child, P(room), 4);
  child = CALL(2);
  if (child == 0) CALL(1, 5);
  CALL(7, child, P(&status), 0);
  CALL(199);
  CALL(20);
  CALL(224);
}

static void sockets(void) {
  int ends[2];
  u32 pair[] = {1, 1, 0, P(ends)};
  CALL(102, 8, P(pair));
  u32 send[] = {ends[0], P(text), 12, 0};
  CALL(102, 9, P(send));
  u32 receive[] = {ends[1], P(room), 64, 0, 0, 0};
  CALL(102, 12, P(receive));
  struct { u32 base, length; } vector[] = {{P(text), 5}, {P(text) + 5, 7}};
  struct { u32 name, name_length, vector, count, control, control_length, flags; } message = {0, 0, P(vector), 2, 0, 0, 0};
  CALL(370, ends[0], P(&message), 0);
  vector[0].base = P(room), vector[1].base = P(room) + 64, vector[1].length = 32;
  CALL(372, ends[1], P(&message), 0);
  int ipv4 = CALL(359, 2, 1, 0);
  struct { unsigned short family, port; u32 address, zero[2]; } nobody = {2, 0x0100, 0x0100007f, {0, 0}};
  CALL(362, ipv4, P(&nobody), 16);
  u32 one = 1;
  CALL(366, ipv4, 6, 1, P(&one), 4);
  CALL(6, ipv4);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  files();
  times();
  tasks();
  sockets();
  CALL(252, 0);
}
