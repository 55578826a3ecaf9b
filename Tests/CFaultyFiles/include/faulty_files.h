// Stands between this process and the system where files are changed, so that a test can let any such call fail, do it by half or forget it.
//
// Linked into test programs only. The calls are taken over by their names (write, fsync, rename ...), for SQLite's library as for
// everything else in the process, so that what is tested is what runs: SQLite's own VFS, with its order of writes and syncs.
#ifndef FAULTY_FILES_H
#define FAULTY_FILES_H

#include <stdint.h>

typedef enum {
    FAULTY_WRITE,
    FAULTY_TRUNCATE,
    /// Of a file or of a folder.
    FAULTY_SYNC,
    /// Opening a file that may be created.
    FAULTY_CREATE,
    FAULTY_RENAME,
    FAULTY_UNLINK,
    FAULTY_MAKE_DIRECTORY,
} faulty_kind;

typedef struct {
    faulty_kind kind;
    const char *path;
    /// Of a rename, else null.
    const char *destination;
    /// Of a write: how many bytes. Of a truncation: the new size.
    int64_t size;
} faulty_call;

typedef struct {
    /// 0: the call is done. Else: it fails with this number of errno.
    int error;
    /// Of a write that fails: how many of its bytes are written all the same.
    int64_t bytes_written;
    /// Whether success is reported without doing it.
    int is_skipped;
} faulty_verdict;

typedef faulty_verdict (*faulty_judge)(faulty_call call);

/// From now on the judge decides about every call that concerns something below the folder; what the judge itself does is left alone.
void faulty_files_watch(const char *folder, faulty_judge judge);

#endif
