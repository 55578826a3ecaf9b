internal import Dispatch

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few things that storage asks of the process and its thread.
public enum ProcessCalls {
    /// Gives other threads a fifth of a millisecond. For threads that may wait.
    public static func pauseBriefly() { usleep(200) }

    /// Gives memory that was freed back to the operating system. The allocator of glibc keeps it otherwise, in each thread's arena; others have
    /// no such call.
    public static func returnFreeMemory() {
        // Looked up by name: the header that declares it is not among those that Swift knows as Glibc.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
    }

    /// Has all threads take their memory from a few arenas. The allocator of glibc gives each of the first eight threads a core one of its own, and what
    /// is freed in one serves no other thread: a server that works on many threads keeps several times what it uses. Where the environment says
    /// `MALLOC_ARENA_MAX`, that stays. To be called before threads are made; other allocators know no such thing.
    ///
    /// - Parameter count: 1 or more.
    public static func limitAllocatorArenas(to count: Int32) {
        guard getenv("MALLOC_ARENA_MAX") == nil, let symbol = dlsym(nil, "mallopt") else { return }
        // M_ARENA_MAX of malloc.h.
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)(-8, count)
    }

    /// Has the allocator keep so much freed memory at hand in each arena. The allocator of glibc would give what one large answer took back to
    /// the system at once, and the next one would have it zeroed and mapped again, page by page. Where the environment says
    /// `MALLOC_TRIM_THRESHOLD_` or `MALLOC_MMAP_THRESHOLD_`, that stays. Other allocators know no such thing.
    ///
    /// - Parameters:
    ///   - bytes: what is kept in each arena at most.
    ///   - mappedFrom: pieces of so many bytes and more come from the system, and go back to it when they are freed.
    public static func keepFreedMemory(bytes: Int32, mappedFrom: Int32) {
        guard getenv("MALLOC_TRIM_THRESHOLD_") == nil, getenv("MALLOC_MMAP_THRESHOLD_") == nil, let symbol = dlsym(nil, "mallopt")
        else { return }
        let mallopt = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        // M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h.
        _ = mallopt(-1, bytes)
        _ = mallopt(-3, mappedFrom)
    }

    /// Has the arenas of some threads grow ahead of what they will be asked for. The allocator of glibc widens all arenas but the first by the page,
    /// each time with a system call, and meanwhile no thread of the process gets memory. What is got ready takes none before it is used.
    ///
    /// - Parameter bytes: by how much, below what ``keepFreedMemory(bytes:mappedFrom:)`` was told.
    public static func growAllocatorArenas(by bytes: Int) {
        // Several threads, for each takes its memory from one arena; a pause, so that one alone does not do it all.
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            free(malloc(bytes))
            pauseBriefly()
        }
    }
}
