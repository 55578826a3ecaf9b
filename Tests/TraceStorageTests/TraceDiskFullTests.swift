internal import Foundation
internal import OTLPFormat
internal import TelemetryModel
internal import Testing
internal import TraceStorage

/// A full disk: writes are refused with an error of their own, reading goes on, and writing works again once there is space.
///
/// Runs where `PERCH_SMALL_DISK` names a folder on a file system of some 16 to 64 MiB, such as one made by
/// `mount -t tmpfs -o size=24m tmpfs FOLDER`.
@Suite struct TraceDiskFullTests {
    static let folder = ProcessInfo.processInfo.environment["PERCH_SMALL_DISK"]

    @Test(.enabled(if: folder != nil))
    func writesAreRefusedReadingGoesOnAndItRecovers() throws {
        let folder = try #require(TraceDiskFullTests.folder)
        let directory = folder + "/perch-" + UUID().uuidString
        let ballast = folder + "/ballast-" + UUID().uuidString
        defer {
            try? FileManager.default.removeItem(atPath: directory)
            try? FileManager.default.removeItem(atPath: ballast)
        }
        var options = TraceStorageOptions()
        options.runsInBackground = false
        let storage = try TraceStorage(directory: directory, options: options, clock: { TraceFixture.noon })
        var random = RandomSpans(seed: 1)
        var acknowledged: Set<TraceID> = []
        func append() throws {
            let batch = random.batch(traces: 20)
            _ = try batch.otlp.withUnsafeBytes { try storage.append(otlp: $0) }
            acknowledged.formUnion(batch.spans.map(\.traceID))
        }
        func found(_ storage: TraceStorage) throws -> Set<TraceID> {
            Set(try storage.tables(from: 0, through: .max).flatMap { try $0.frame().traceIDs })
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
        var refusal: TraceStorageError?
        while refusal == nil { do { try append() } catch { refusal = error as? TraceStorageError } }
        #expect(refusal?.code == .diskFull && refusal?.isTemporary == true)
        #expect(try found(storage) == acknowledged)
        #expect(throws: TraceStorageError.self) { try storage.flush() }
        #expect(try found(storage) == acknowledged)
        try handle.close()
        try FileManager.default.removeItem(atPath: ballast)
        for _ in 0..<5 { try append() }
        try storage.flush()
        #expect(try found(storage) == acknowledged)
        try storage.close()
        let again = try TraceStorage(directory: directory, options: options, clock: { TraceFixture.noon })
        #expect(try again.verify().isEmpty)
        #expect(try found(again) == acknowledged)
        try again.close()
    }
}
