#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes each line to standard error by one system call, so that lines of several processes on one terminal stay whole.
public struct StandardErrorLines: LogLineWriter {
    public init() {}

    public func write(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                #if canImport(Glibc)
                let written = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                let written = Musl.write(STDERR_FILENO, rest.baseAddress, rest.count)
                #else
                let written = Darwin.write(STDERR_FILENO, rest.baseAddress, rest.count)
                #endif
                if written < 0 && errno == EINTR { continue }
                if written <= 0 { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }

    public func unixNanoseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
