#ifndef PERCH_CRE2_H
#define PERCH_CRE2_H

// The part of RE2 that Perch uses, as C functions. Every function is safe to call from several threads at once with one
// pattern; no C++ exception leaves them.

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/// Why a pattern was refused, in the order of RE2::ErrorCode.
typedef enum cre2_error {
    CRE2_OK = 0,
    CRE2_INTERNAL,
    CRE2_BAD_ESCAPE,
    CRE2_BAD_CHARACTER_CLASS,
    CRE2_BAD_CHARACTER_RANGE,
    CRE2_MISSING_BRACKET,
    CRE2_MISSING_PARENTHESIS,
    CRE2_UNEXPECTED_PARENTHESIS,
    CRE2_TRAILING_BACKSLASH,
    CRE2_REPEAT_ARGUMENT,
    CRE2_REPEAT_SIZE,
    CRE2_REPEAT_OPERATOR,
    CRE2_BAD_PERL_OPERATOR,
    CRE2_BAD_UTF8,
    CRE2_BAD_NAMED_CAPTURE,
    CRE2_PATTERN_TOO_LARGE,
    CRE2_NO_MEMORY,
} cre2_error;

/// The bounds of one group; start is -1 where the group took no part in the match.
typedef struct cre2_bounds {
    ptrdiff_t start;
    ptrdiff_t end;
} cre2_bounds;

/// Compiles a pattern of `length` UTF-8 bytes. Gives NULL and sets `error` where it is refused, with the part at fault in
/// `fault` (cut to `fault_capacity`, which is at least 1; ended by zero).
cre2_pattern *_Nullable cre2_compile(
    const char *_Nullable text, size_t length, cre2_error *_Nonnull error, char *_Nonnull fault, size_t fault_capacity);

void cre2_release(cre2_pattern *_Nonnull pattern);

/// The number of capturing groups.
int cre2_group_count(const cre2_pattern *_Nonnull pattern);

/// Copies the name of group `index` (from 1) to `name`, cut to `capacity` and ended by zero; gives its whole length, 0 where it has none.
size_t cre2_group_name(const cre2_pattern *_Nonnull pattern, int index, char *_Nonnull name, size_t capacity);

/// Whether the pattern matches somewhere in the bytes.
bool cre2_matches(const cre2_pattern *_Nonnull pattern, const void *_Nullable bytes, size_t length);

/// Finds the leftmost match that starts at `start` or later; group 0 is the whole match. `count` is at least 1.
bool cre2_find(
    const cre2_pattern *_Nonnull pattern, const void *_Nullable bytes, size_t length, size_t start, cre2_bounds *_Nonnull groups,
    int count);

/// The number of first bytes that every match has in common, at most `capacity`, copied to `prefix`. Only for patterns that start with `^`.
size_t cre2_common_prefix(const cre2_pattern *_Nonnull pattern, char *_Nonnull prefix, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
