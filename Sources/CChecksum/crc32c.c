#include "crc32c.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

// The generator polynomial 0x1EDC6F41 with its bits reversed.
#define POLYNOMIAL 0x82F63B78u

static uint32_t tables[8][256];
static bool has_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t state = crc;
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    state = _mm_crc32_u64(state, word);
  }
  uint32_t narrow = (uint32_t)state;
  for (; count > 0; count--) narrow = _mm_crc32_u8(narrow, *bytes++);
  return narrow;
}

static bool find_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>

// HWCAP_CRC32 of the kernel's interface.
#define CRC32_CAPABILITY (1u << 7)

__attribute__((target("+crc"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; count--) crc = __crc32cb(crc, *bytes++);
  return crc;
}

static bool find_instruction(void) { return (getauxval(AT_HWCAP) & CRC32_CAPABILITY) != 0; }

#else

static uint32_t by_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return crc;
}

static bool find_instruction(void) { return false; }

#endif

static void prepare(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t state = byte;
    for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ ((state & 1) ? POLYNOMIAL : 0);
    tables[0][byte] = state;
  }
  // tables[k][b] is the effect of byte b with k zero bytes behind it.
  for (int slice = 1; slice < 8; slice++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  has_instruction = find_instruction();
}

static uint32_t by_tables(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24);
    crc = tables[7][low & 0xFF] ^ tables[6][(low >> 8) & 0xFF] ^ tables[5][(low >> 16) & 0xFF] ^ tables[4][low >> 24] ^
          tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
  }
  for (; count > 0; count--) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes++) & 0xFF];
  return crc;
}

uint32_t reel_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&once, prepare);
  return ~by_tables(~crc, bytes, count);
}

uint32_t reel_crc32c(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&once, prepare);
  if (has_instruction) return ~by_instruction(~crc, bytes, count);
  return ~by_tables(~crc, bytes, count);
}
