#define _GNU_SOURCE
#include "CFuzzer.h"

#include <sys/mman.h>
#include <unistd.h>

int reel_memory_file(const uint8_t *data, size_t size) {
  static int file = -1;
  if (file < 0) file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, 0) != 0) return -1;
  size_t written = 0;
  while (written < size) {
    ssize_t count = pwrite(file, data + written, size - written, (off_t)written);
    if (count <= 0) return -1;
    written += (size_t)count;
  }
  return file;
}
