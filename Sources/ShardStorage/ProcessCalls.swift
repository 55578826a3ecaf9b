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
}
