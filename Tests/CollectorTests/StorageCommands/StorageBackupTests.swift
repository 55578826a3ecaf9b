internal import Collector
internal import Foundation
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite struct StorageBackupTests {
    private func backUp(_ fixture: DataDirectoryFixture, now: Timestamp? = nil) throws -> StorageBackup.Summary {
        let clock: @Sendable () -> Timestamp = { now ?? Timestamp(Date().timeIntervalSince1970 * 1000) }
        return try StorageBackup(dataDirectory: fixture.data, directory: fixture.backup, clock: clock, remark: { _ in }).run()
    }

    private func restore(_ fixture: DataDirectoryFixture) throws {
        _ = try StorageRestore(directory: fixture.backup, dataDirectory: fixture.restored).run()
    }

    @Test func aStoppedServersDataComesBack() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try backUp(fixture)
        try restore(fixture)
        let restored = try fixture.read(fixture.restored)
        #expect(restored.count == 40)
        #expect(try restored == fixture.read(fixture.data))
    }

    /// A writer goes on, and seals and merges, while copy after copy is made; each holds what was acknowledged before it began.
    @Test func whatWasAcknowledgedBeforeABackupIsInIt() async throws {
        let fixture = try DataDirectoryFixture()
        let storage = try fixture.open(fixture.data) { $0.runsInBackground = false }
        let acknowledged = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)
        let writer = Thread {
            var round = 0
            while !isOver.load(ordering: .relaxed) {
                var batch = MetricBatch()
                for series in 0..<10 {
                    batch.beginSeries(["__name__": "written", "series": "\(series)"])
                    batch.append(timestamp: DataDirectoryFixture.noon - 40_000_000 + Timestamp(round) * 1000, value: Double(round))
                }
                guard (try? storage.append(batch))?.samplesWritten == 10 else { return }
                round += 1
                acknowledged.store(round, ordering: .releasing)
                if round % 40 == 0 { try? storage.flush() }
            }
        }
        writer.start()
        for turn in 0..<6 {
            while acknowledged.load(ordering: .acquiring) < (turn + 1) * 50 { try await Task.sleep(for: .milliseconds(1)) }
            let before = acknowledged.load(ordering: .acquiring)
            _ = try backUp(fixture)
            try restore(fixture)
            let restored = try fixture.read(fixture.restored)
            #expect(restored.count == 10)
            for (labels, samples) in restored {
                let missing = (0..<before).filter { samples[DataDirectoryFixture.noon - 40_000_000 + Timestamp($0) * 1000] == nil }
                #expect(missing.isEmpty, "turn \(turn), \(before) rounds, \(labels) lacks \(missing.prefix(5))")
            }
            try FileManager.default.removeItem(atPath: fixture.restored)
        }
        isOver.store(true, ordering: .relaxed)
        while !writer.isFinished { try await Task.sleep(for: .milliseconds(1)) }
        try storage.close()
    }

    @Test func whatDidNotChangeIsNotCopiedAgain() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        // As if the files had been written long ago.
        let later = Timestamp(Date().timeIntervalSince1970 * 1000) + 60_000
        let first = try backUp(fixture, now: later)
        #expect(first.filesKept == 0)
        let again = try backUp(fixture, now: later)
        #expect(again.filesCopied == 0)
        #expect(again.filesKept == first.filesCopied)

        let storage = try fixture.open(fixture.data)
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "more"])
        batch.append(timestamp: DataDirectoryFixture.noon, value: 1)
        _ = try storage.append(batch)
        try storage.flush()
        try storage.close()
        let third = try backUp(fixture, now: later)
        #expect(third.filesCopied > 0)
        #expect(third.filesKept > 0)
        try restore(fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
    }

    @Test func filesChangedJustNowAreCopiedAgain() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let first = try backUp(fixture)
        #expect(try backUp(fixture).filesCopied == first.filesCopied)
    }

    @Test func whatABrokenOffBackupLeftIsNoHindrance() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let leftOver = fixture.backup + "/metrics"
        try FileManager.default.createDirectory(atPath: leftOver, withIntermediateDirectories: true)
        for name in ["2026-11-21.sqlite.partial", "2026-11-20-0123456789abcdef.sqlite"] {
            try Data("half".utf8).write(to: URL(fileURLWithPath: leftOver + "/" + name))
        }
        #expect(throws: StorageCommandError.self) { try restore(fixture) }
        let copied = try backUp(fixture).filesCopied
        #expect(try fixture.names(leftOver).count == copied)
        try restore(fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
    }

    @Test func aDamagedBackupRestoresNothing() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try backUp(fixture)
        let name = try #require(fixture.names(fixture.backup + "/metrics").first)
        try fixture.flip(bit: 0, of: fixture.backup + "/metrics/" + name, at: 5000)
        let error = #expect(throws: StorageCommandError.self) { try restore(fixture) }
        #expect(error?.message.contains(name) == true)
        #expect(!FileManager.default.fileExists(atPath: fixture.restored + "/metrics"))
        // The next backup does not build on the damaged copy.
        _ = try backUp(fixture, now: Timestamp(Date().timeIntervalSince1970 * 1000) + 60_000)
        try restore(fixture)
    }

    @Test func aPlaceThatHoldsDataIsLeftAlone() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try backUp(fixture)
        let before = try fixture.names(fixture.data + "/metrics")
        let error = #expect(throws: StorageCommandError.self) {
            try StorageRestore(directory: fixture.backup, dataDirectory: fixture.data).run()
        }
        #expect(error?.status == 2)
        #expect(try fixture.names(fixture.data + "/metrics") == before)
        let other = #expect(throws: StorageCommandError.self) {
            try StorageBackup(dataDirectory: fixture.data, directory: fixture.data, clock: { 0 }, remark: { _ in }).run()
        }
        #expect(other?.status == 2)
    }
}
