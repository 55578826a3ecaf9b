internal import Foundation
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// A full disk: writes are refused with an error of their own, reading goes on, and writing works again once there is space.
///
/// Runs where `PERCH_SMALL_DISK` names a folder on a file system of some 16 to 64 MiB, such as one made by
/// `mount -t tmpfs -o size=24m tmpfs FOLDER`.
@Suite struct DiskFullTests {
    static let folder = ProcessInfo.processInfo.environment["PERCH_SMALL_DISK"]

    @Test(.enabled(if: folder != nil))
    func writesAreRefusedReadingGoesOnAndItRecovers() throws {
        let folder = try #require(DiskFullTests.folder)
        let directory = folder + "/perch-" + UUID().uuidString
        let ballast = folder + "/ballast-" + UUID().uuidString
        defer {
            try? FileManager.default.removeItem(atPath: directory)
            try? FileManager.default.removeItem(atPath: ballast)
        }
        var options = MetricStorageOptions()
        options.runsInBackground = false
        let storage = try MetricStorage(directory: directory, options: options, clock: { StorageFixture.noon })
        var acknowledged = 0
        func append() throws(MetricStorageError) {
            var batch = MetricBatch()
            for series in 0..<200 {
                batch.beginSeries(["__name__": "m", "series": "\(series)"])
                batch.append(timestamp: StorageFixture.noon + Int64(acknowledged), value: Double(acknowledged * 7 + series))
            }
            _ = try storage.append(batch)
            acknowledged += 1
        }
        func count() throws -> Int {
            let selection = try storage.select([], in: .all)
            var columns = SampleColumns()
            var total = 0
            for index in 0..<selection.count {
                try selection.read(index, into: &columns)
                total += columns.count
            }
            return total
        }
        for _ in 0..<50 { try append() }
        try storage.flush()
        // Fills the disk but for a little, so that appends run into the end.
        #expect(FileManager.default.createFile(atPath: ballast, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: ballast))
        while (try? handle.write(contentsOf: Data(count: 64 << 10))) != nil {}
        while (try? handle.write(contentsOf: Data(count: 4 << 10))) != nil {}
        try handle.truncate(atOffset: handle.offset() - min(handle.offset(), 256 << 10))
        var refusal: MetricStorageError?
        while refusal == nil { do { try append() } catch { refusal = error } }
        #expect(refusal?.code == .diskFull && refusal?.isTemporary == true)
        #expect(try count() == acknowledged * 200)
        let failed = #expect(throws: MetricStorageError.self) { try storage.flush() }
        #expect(failed?.code == .diskFull)
        #expect(try count() == acknowledged * 200)
        try handle.close()
        try FileManager.default.removeItem(atPath: ballast)
        for _ in 0..<50 { try append() }
        try storage.flush()
        #expect(try count() == acknowledged * 200)
        try storage.close()
        let again = try MetricStorage(directory: directory, options: options, clock: { StorageFixture.noon })
        #expect(try again.verify().isEmpty)
        #expect(try again.select([], in: .all).count == 200)
        try again.close()
    }
}
