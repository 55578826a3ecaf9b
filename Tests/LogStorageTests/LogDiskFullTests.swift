internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import Testing

/// A full disk: writes are refused with an error of their own, reading goes on, and writing works again once there is space.
///
/// Runs where `PERCH_SMALL_DISK` names a folder on a file system of some 16 to 64 MiB, such as one made by
/// `mount -t tmpfs -o size=24m tmpfs FOLDER`.
@Suite struct LogDiskFullTests {
    static let folder = ProcessInfo.processInfo.environment["PERCH_SMALL_DISK"]

    @Test(.enabled(if: folder != nil))
    func `writes are refused, reading goes on, and it recovers`() throws {
        let folder = try #require(LogDiskFullTests.folder)
        let directory = folder + "/perch-" + UUID().uuidString
        let ballast = folder + "/ballast-" + UUID().uuidString
        defer {
            try? FileManager.default.removeItem(atPath: directory)
            try? FileManager.default.removeItem(atPath: ballast)
        }
        var options = LogStorageOptions()
        options.runsInBackground = false
        let storage = try LogStorage(directory: directory, options: options, clock: { LogFixture.noon })
        var random = RandomLogs(seed: 1)
        var acknowledged: Set<SentEntry> = []
        func append() throws {
            let entries = random.entries(300)
            _ = try storage.append(LogBatch(entries))
            acknowledged.formUnion(TableCheckModel.distinct(entries))
        }
        func found(_ storage: LogStorage) throws -> Set<SentEntry> {
            Set(TableCheckModel.distinct(try TableReading.entries(storage.tables(matching: [], from: .min, to: .max))))
        }
        for _ in 0..<5 { try append() }
        // Nobody reads the shard until the disk is full, so that it has to be opened then.
        try storage.flush()
        // Fills the disk but for a little, so that appends run into the end.
        #expect(FileManager.default.createFile(atPath: ballast, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: ballast))
        while (try? handle.write(contentsOf: Data(count: 64 << 10))) != nil {}
        while (try? handle.write(contentsOf: Data(count: 4 << 10))) != nil {}
        try handle.truncate(atOffset: handle.offset() - min(handle.offset(), 256 << 10))
        var refusal: LogStorageError?
        while refusal == nil { do { try append() } catch { refusal = error as? LogStorageError } }
        #expect(refusal?.code == .diskFull && refusal?.isTemporary == true)
        #expect(try found(storage) == acknowledged)
        #expect(throws: LogStorageError.self) { try storage.flush() }
        #expect(try found(storage) == acknowledged)
        try handle.close()
        try FileManager.default.removeItem(atPath: ballast)
        for _ in 0..<5 { try append() }
        try storage.flush()
        #expect(try found(storage) == acknowledged)
        try storage.close()
        let again = try LogStorage(directory: directory, options: options, clock: { LogFixture.noon })
        #expect(try again.verify().isEmpty)
        #expect(try found(again) == acknowledged)
        try again.close()
    }
}
