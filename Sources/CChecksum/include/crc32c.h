#ifndef REEL_CRC32C_H
#define REEL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C (Castagnoli, reflected, as in iSCSI and SCTP) over more bytes.
/// `crc` is the checksum of the bytes before, 0 when there are none.
/// Uses the processor's instruction where there is one, else eight tables.
uint32_t reel_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);

/// The same by tables alone: what machines without the instruction run, and what tests compare with.
uint32_t reel_crc32c_portable(uint32_t crc, const void *_Nullable bytes, size_t count);

#endif
