#ifndef PERCH_CHECKSUM_H
#define PERCH_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has an instruction for CRC32C that `perch_crc32c` uses.
bool perch_has_crc32c(void);

/// Takes `count` bytes into a running checksum, of which the caller does the complements before and after.
/// Only where `perch_has_crc32c` says so.
uint32_t perch_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
