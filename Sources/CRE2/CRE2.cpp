#include "CRE2.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using re2::RE2;
using re2::StringPiece;

struct cre2_pattern {
    RE2 program;

    cre2_pattern(StringPiece text, const RE2::Options &options) : program(text, options) {}
};

namespace {

// What one pattern may use for its program and its cache of states; beyond it RE2 matches more slowly, never wrongly.
constexpr int64_t memoryMax = 32 << 20;

size_t copyCut(const std::string &text, char *target, size_t capacity) {
    const size_t length = std::min(text.size(), capacity - 1);
    std::memcpy(target, text.data(), length);
    target[length] = 0;
    return text.size();
}

StringPiece piece(const void *bytes, size_t length) {
    // RE2 takes a null pointer for "no text"; an empty text has an address.
    return bytes == nullptr ? StringPiece("", 0) : StringPiece(static_cast<const char *>(bytes), length);
}

}  // namespace

static_assert(static_cast<int>(CRE2_PATTERN_TOO_LARGE) == static_cast<int>(RE2::ErrorPatternTooLarge), "error codes differ");
static_assert(static_cast<int>(CRE2_BAD_NAMED_CAPTURE) == static_cast<int>(RE2::ErrorBadNamedCapture), "error codes differ");
static_assert(static_cast<int>(CRE2_REPEAT_OPERATOR) == static_cast<int>(RE2::ErrorRepeatOp), "error codes differ");

cre2_pattern *cre2_compile(const char *text, size_t length, cre2_error *error, char *fault, size_t fault_capacity) {
    fault[0] = 0;
    try {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(memoryMax);
        auto pattern = new cre2_pattern(piece(text, length), options);
        if (pattern->program.ok()) {
            *error = CRE2_OK;
            return pattern;
        }
        *error = static_cast<cre2_error>(pattern->program.error_code());
        copyCut(pattern->program.error_arg(), fault, fault_capacity);
        delete pattern;
    } catch (...) {
        *error = CRE2_NO_MEMORY;
    }
    return nullptr;
}

void cre2_release(cre2_pattern *pattern) { delete pattern; }

int cre2_group_count(const cre2_pattern *pattern) { return pattern->program.NumberOfCapturingGroups(); }

size_t cre2_group_name(const cre2_pattern *pattern, int index, char *name, size_t capacity) {
    name[0] = 0;
    try {
        const auto &names = pattern->program.CapturingGroupNames();
        const auto found = names.find(index);
        return found == names.end() ? 0 : copyCut(found->second, name, capacity);
    } catch (...) {
        return 0;
    }
}

bool cre2_matches(const cre2_pattern *pattern, const void *bytes, size_t length) {
    try {
        return pattern->program.Match(piece(bytes, length), 0, length, RE2::UNANCHORED, nullptr, 0);
    } catch (...) {
        return false;
    }
}

bool cre2_find(const cre2_pattern *pattern, const void *bytes, size_t length, size_t start, cre2_bounds *groups, int count) {
    try {
        const StringPiece text = piece(bytes, length);
        StringPiece few[17];
        std::vector<StringPiece> many;
        StringPiece *found = few;
        if (count > 17) {
            many.resize(count);
            found = many.data();
        }
        if (!pattern->program.Match(text, start, length, RE2::UNANCHORED, found, count)) return false;
        for (int index = 0; index < count; index++) {
            const char *begin = found[index].data();
            groups[index].start = begin == nullptr ? -1 : begin - text.data();
            groups[index].end = begin == nullptr ? -1 : groups[index].start + static_cast<ptrdiff_t>(found[index].size());
        }
        return true;
    } catch (...) {
        return false;
    }
}

size_t cre2_common_prefix(const cre2_pattern *pattern, char *prefix, size_t capacity) {
    try {
        std::string least, greatest;
        if (!pattern->program.PossibleMatchRange(&least, &greatest, static_cast<int>(capacity))) return 0;
        size_t length = 0;
        while (length < least.size() && length < greatest.size() && least[length] == greatest[length]) length++;
        length = std::min(length, capacity);
        std::memcpy(prefix, least.data(), length);
        return length;
    } catch (...) {
        return 0;
    }
}
