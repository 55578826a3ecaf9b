#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The files that are open, by what they are known by. For one thread.
struct OpenFiles: ~Copyable {
    private var descriptors: [FileIdentity: Int32] = [:]

    init() {}

    deinit { for descriptor in descriptors.values { close(descriptor) } }

    /// Opens a file. False where it is gone, or another file has its name by now.
    ///
    /// - Throws: ``FileFault`` where it cannot be opened.
    mutating func open(_ found: ListedFile) throws(FileFault) -> Bool {
        #if canImport(Darwin)
        let descriptor = Darwin.open(found.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        #else
        let descriptor = Glibc.open(found.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        #endif
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw FileFault()
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, ListedFile(path: found.path, status: status).identity == found.identity else {
            close(descriptor)
            return false
        }
        if let other = descriptors.updateValue(descriptor, forKey: found.identity) { close(other) }
        return true
    }

    /// Reads so many bytes at an offset, or those up to the end of the file.
    func read(_ identity: FileIdentity, at offset: Int64, count: Int) throws(FileFault) -> [UInt8] {
        guard let descriptor = descriptors[identity] else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileFault() }
            if got == 0 { break }
            filled += got
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    /// The sizes of files that are open.
    func sizes(_ identities: [FileIdentity]) -> [(identity: FileIdentity, size: Int64)] {
        identities.compactMap { identity in
            var status = stat()
            guard let descriptor = descriptors[identity], fstat(descriptor, &status) == 0 else { return nil }
            return (identity, Int64(status.st_size))
        }
    }

    mutating func close(_ identity: FileIdentity) {
        if let descriptor = descriptors.removeValue(forKey: identity) { close(descriptor) }
    }

    private func close(_ descriptor: Int32) {
        #if canImport(Darwin)
        _ = Darwin.close(descriptor)
        #else
        _ = Glibc.close(descriptor)
        #endif
    }
}

/// What the system says is wrong with a file.
struct FileFault: Error {
    let reason: String

    /// The fault that came last.
    init() { reason = String(cString: strerror(errno)) }
}
