internal import ByteCoding

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Checksums of every page of a shard's file, in a file beside it, for as long as the shard rests.
///
/// SQLite keeps no checksums, so that a bit that flips in its trees, in free space or in a number would go unseen. The file of checksums is
/// made when the shard's log is empty, and deleted before the shard changes again: while it is there, the shard is as it was then.
///
///     "PCS" and the version u8 · bytes of a page u32 · number of pages u32 · CRC32C of each page u32 · CRC32C of all that u32
public struct ShardSums: Sendable, Hashable {
    static let suffix = ".sums"
    private static let magic: [UInt8] = [0x50, 0x43, 0x53, 1]
    private static let headerBytes = 12
    /// Pages are read so many at a time.
    private static let pagesAtOnce = 256

    /// Bytes of a page.
    public let pageBytes: Int
    /// The checksum of each page.
    public let sums: [UInt32]

    /// The path of the checksums of a shard.
    public static func path(ofShard path: String) -> String { path + suffix }

    /// Reads the checksums of a shard; nil where it has none.
    ///
    /// - Throws: ``ShardStorageError`` `corrupt` where they are damaged themselves.
    public init?(ofShard shard: String) throws(ShardStorageError) {
        let path = ShardSums.path(ofShard: shard)
        guard let file = try OpenFile(path) else { return nil }
        let bytes = try file.read(at: 0, count: file.size)
        var reader = ByteReader(bytes)
        do throws(ByteCodingError) {
            guard bytes.count >= ShardSums.headerBytes + 4, bytes.starts(with: ShardSums.magic) else {
                throw ByteCodingError(.invalidValue, at: 0)
            }
            reader = ByteReader(Array(bytes[4...]))
            pageBytes = Int(try reader.readLittleEndian(UInt32.self))
            let count = Int(try reader.readLittleEndian(UInt32.self))
            guard pageBytes > 0, count * 4 + ShardSums.headerBytes + 4 == bytes.count else { throw ByteCodingError(.invalidValue, at: 8) }
            var sums: [UInt32] = []
            sums.reserveCapacity(count)
            for _ in 0..<count { sums.append(try reader.readLittleEndian(UInt32.self)) }
            self.sums = sums
            guard try reader.readLittleEndian(UInt32.self) == CRC32C.checksum(bytes, in: 0..<bytes.count - 4) else {
                throw ByteCodingError(.invalidValue, at: bytes.count - 4)
            }
        } catch {
            throw ShardStorageError(.corrupt, "the checksums are damaged: \(error)", path: path)
        }
    }

    /// Makes the checksums of a file as it is, and puts them beside it.
    ///
    /// - Precondition: nobody changes the file, and its log is empty.
    static func write(ofShard shard: String, pageBytes: Int) throws(ShardStorageError) {
        guard let file = try OpenFile(shard) else { throw ShardStorageError(.inputOutput, "is gone", path: shard) }
        var bytes = magic
        bytes.appendLittleEndian(UInt32(pageBytes))
        bytes.appendLittleEndian(UInt32((file.size + pageBytes - 1) / pageBytes))
        var place = 0
        while place < file.size {
            let piece = try file.read(at: place, count: min(pageBytes * pagesAtOnce, file.size - place))
            for sum in checksums(of: piece, pageBytes: pageBytes) { bytes.appendLittleEndian(sum) }
            place += piece.count
        }
        bytes.appendLittleEndian(CRC32C.checksum(bytes, in: 0..<bytes.count))
        let path = path(ofShard: shard)
        let partial = path + ".partial"
        do throws(ShardStorageError) {
            try FileOperations.write(bytes, to: partial)
            try FileOperations.syncFile(partial)
            try FileOperations.move(partial, to: path)
        } catch {
            try FileOperations.delete(partial)
            throw error
        }
    }

    private static func checksums(of bytes: [UInt8], pageBytes: Int) -> [UInt32] {
        stride(from: 0, to: bytes.count, by: pageBytes).map { CRC32C.checksum(bytes, in: $0..<min($0 + pageBytes, bytes.count)) }
    }

    /// The pages of a shard's file, counted from 1 as SQLite does, that are not as they were, among some.
    ///
    /// - Parameter indices: which to look at, counted from 0; those beyond the end are passed over.
    public func changedPages(ofShard shard: String, among indices: Range<Int>) throws(ShardStorageError) -> [Int] {
        guard let file = try OpenFile(shard) else { throw ShardStorageError(.inputOutput, "is gone", path: shard) }
        var changed: [Int] = []
        var index = indices.lowerBound
        let end = min(indices.upperBound, sums.count)
        while index < end {
            let wanted = min(ShardSums.pagesAtOnce, end - index) * pageBytes
            let available = max(0, min(wanted, file.size - index * pageBytes))
            let found = ShardSums.checksums(of: try file.read(at: index * pageBytes, count: available), pageBytes: pageBytes)
            for offset in 0..<wanted / pageBytes where offset >= found.count || found[offset] != sums[index + offset] {
                changed.append(index + offset + 1)
            }
            index += wanted / pageBytes
        }
        // A file that grew changed as well: the page behind the last one.
        if indices.upperBound >= sums.count, file.size > sums.count * pageBytes { changed.append(sums.count + 1) }
        return changed
    }

    /// All pages of a shard's file that are not as they were. Empty as well where the shard began to change meanwhile.
    public func changedPages(ofShard shard: String) throws(ShardStorageError) -> [Int] {
        let changed = try changedPages(ofShard: shard, among: 0..<sums.count)
        if changed.isEmpty { return [] }
        return try ShardSums(ofShard: shard) == self ? changed : []
    }
}

/// A file that is open for reading.
private struct OpenFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    let size: Int

    /// Nil where the file is missing.
    init?(_ path: String) throws(ShardStorageError) {
        self.path = path
        descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ShardStorageError(.inputOutput, "cannot open: \(FileOperations.latestError())", path: path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ShardStorageError(.inputOutput, "cannot read: \(FileOperations.latestError())", path: path)
        }
        size = Int(status.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The bytes at a place; fewer where the file ends before.
    func read(at place: Int, count: Int) throws(ShardStorageError) -> [UInt8] {
        var failure: String?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let result = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(place + filled))
                if result < 0 { failure = FileOperations.latestError() }
                if result <= 0 { return }
                filled += result
            }
        }
        if let failure { throw ShardStorageError(.inputOutput, "cannot read: \(failure)", path: path) }
        return bytes
    }
}
