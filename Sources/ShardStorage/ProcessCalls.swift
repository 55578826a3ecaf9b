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
}
