#define XXH_INLINE_ALL
#include <xxhash.h>

// XXH_INLINE_ALL renames every function by a macro, which Swift does not see: one plain name for what is used.
static inline unsigned long long perch_xxh3_64(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }

typedef struct {
    unsigned long long low, high;
} perch_hash128;

static inline perch_hash128 perch_xxh3_128(const void *bytes, size_t count, unsigned long long seed) {
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, count, seed);
    return (perch_hash128){hash.low64, hash.high64};
}
