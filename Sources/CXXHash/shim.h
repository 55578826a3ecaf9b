#define XXH_INLINE_ALL
#include <xxhash.h>

// XXH_INLINE_ALL renames every function by a macro, which Swift does not see: one plain name for what is used.
static inline unsigned long long perch_xxh3_64(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }
