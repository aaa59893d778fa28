// A 32-bit program without a library: every call is one of the 32-bit entry. Executes a 64-bit one in a child.
static int call(int number, int a, int b, int c) {
  int result;
  asm volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}

void _start(void) {
  static char path[] = "/bin/true", argument[] = "argument";
  static char *arguments[3];
  static char *environment[1];
  arguments[0] = path;
  arguments[1] = argument;
  int child = call(2, 0, 0, 0);
  if (child == 0) {
    call(11, (int)path, (int)arguments, (int)environment);
    call(1, 9, 0, 0);
  }
  int status;
  call(7, child, (int)&status, 0);
  call(1, 5, 0, 0);
}
