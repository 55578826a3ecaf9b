internal import PerchWire

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes each line by one system call, so that lines of several processes on one terminal stay whole. The caller waits for it.
public struct DirectLines: LogLineWriter {
    private let descriptor: Int32

    /// - Parameter descriptor: standard error unless given.
    public init(descriptor: Int32 = 2) { self.descriptor = descriptor }

    public func write(_ line: [UInt8]) { _ = FileDescriptorOutput(descriptor).write(line) }

    public func unixNanoseconds() -> Int64 { SystemTime.unixNanoseconds() }
}

/// Writing to a file descriptor, come what may.
struct FileDescriptorOutput {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Writes all bytes; gives whether that worked. Waits where the descriptor takes no more for the moment.
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = writeOnce(rest)
                if written < 0 && errno == EINTR { continue }
                if written < 0 && errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, 1000)
                    continue
                }
                if written <= 0 { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return true
        }
    }

    private func writeOnce(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
