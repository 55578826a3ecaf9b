internal import Collector
internal import Foundation
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite struct StorageBackupTests {
    private func backUp(_ fixture: DataDirectoryFixture, now: Timestamp? = nil) async throws -> StorageBackup.Summary {
        let clock: @Sendable () -> Timestamp = { now ?? Timestamp(Date().timeIntervalSince1970 * 1000) }
        let source = LocalBackupSource(dataDirectory: fixture.data, clock: clock)
        return try await StorageBackup(source: source, directory: fixture.backup, clock: clock, remark: { _ in }).run()
    }

    private func restore(_ fixture: DataDirectoryFixture) throws {
        _ = try StorageRestore(directory: fixture.backup, dataDirectory: fixture.restored).run()
    }

    @Test func aStoppedServersDataComesBack() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try await backUp(fixture)
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
            _ = try await backUp(fixture)
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

    @Test func whatDidNotChangeIsNotCopiedAgain() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        // As if the files had been written long ago.
        let later = Timestamp(Date().timeIntervalSince1970 * 1000) + 60_000
        let first = try await backUp(fixture, now: later)
        #expect(first.filesKept == 0)
        let again = try await backUp(fixture, now: later)
        #expect(again.filesCopied == 0)
        #expect(again.filesKept == first.filesCopied)

        let storage = try fixture.open(fixture.data)
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "more"])
        batch.append(timestamp: DataDirectoryFixture.noon, value: 1)
        _ = try storage.append(batch)
        try storage.flush()
        try storage.close()
        let third = try await backUp(fixture, now: later)
        #expect(third.filesCopied > 0)
        #expect(third.filesKept > 0)
        try restore(fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
    }

    @Test func filesChangedJustNowAreCopiedAgain() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let first = try await backUp(fixture)
        #expect(try await backUp(fixture).filesCopied == first.filesCopied)
    }

    @Test func whatABrokenOffBackupLeftIsNoHindrance() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let leftOver = fixture.backup + "/metrics"
        try FileManager.default.createDirectory(atPath: leftOver, withIntermediateDirectories: true)
        for name in ["2026-11-21.sqlite.partial", "2026-11-20-0123456789abcdef.sqlite"] {
            try Data("half".utf8).write(to: URL(fileURLWithPath: leftOver + "/" + name))
        }
        #expect(throws: StorageCommandError.self) { try restore(fixture) }
        let copied = try await backUp(fixture).filesCopied
        #expect(try fixture.names(leftOver).count == copied)
        try restore(fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
    }

    @Test func aDamagedBackupRestoresNothing() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try await backUp(fixture)
        let name = try #require(fixture.names(fixture.backup + "/metrics").first)
        try fixture.flip(bit: 0, of: fixture.backup + "/metrics/" + name, at: 5000)
        let lines = OutputLines()
        let error = #expect(throws: StorageCommandError.self) {
            try StorageRestore(directory: fixture.backup, dataDirectory: fixture.restored).run(remark: { lines.appendLine($0) })
        }
        #expect(error?.message.contains("1 of") == true)
        #expect(lines.all.count == 1 && lines.all[0].contains(name))
        #expect(!FileManager.default.fileExists(atPath: fixture.restored + "/metrics"))
        // The next backup does not build on the damaged copy.
        _ = try await backUp(fixture, now: Timestamp(Date().timeIntervalSince1970 * 1000) + 60_000)
        try restore(fixture)
    }

    @Test func aPlaceThatHoldsDataIsLeftAlone() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try await backUp(fixture)
        let before = try fixture.names(fixture.data + "/metrics")
        let error = #expect(throws: StorageCommandError.self) {
            try StorageRestore(directory: fixture.backup, dataDirectory: fixture.data).run()
        }
        #expect(error?.status == 2)
        #expect(try fixture.names(fixture.data + "/metrics") == before)
        let source = LocalBackupSource(dataDirectory: fixture.data, clock: { 0 })
        let other = await #expect(throws: StorageCommandError.self) {
            try await StorageBackup(source: source, directory: fixture.data, clock: { 0 }, remark: { _ in }).run()
        }
        #expect(other?.status == 2)
    }

    @Test func theSoundPartOfADamagedBackupCanBeRestored() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        _ = try await backUp(fixture)
        let shards = try fixture.names(fixture.backup + "/metrics").filter { $0.hasPrefix("2026-11-2") }
        try #require(shards.count >= 2)
        try FileManager.default.removeItem(atPath: fixture.backup + "/metrics/" + shards[0])
        let summary = try StorageRestore(directory: fixture.backup, dataDirectory: fixture.restored, isPartial: true).run()
        #expect(summary.leftOut.count == 1 && summary.leftOut[0].contains(shards[0]))
        let (whole, part) = (try fixture.read(fixture.data), try fixture.read(fixture.restored))
        let day = Int64(86_400_000)
        let lostDay = try #require(ISO8601DateFormatter().date(from: shards[0].prefix(10) + "T00:00:00Z")).timeIntervalSince1970 * 1000
        for (labels, samples) in whole {
            let expected = samples.filter { $0.key / day != Int64(lostDay) / day }
            // The journal still has some of the lost day.
            #expect(part[labels]?.filter { $0.key / day != Int64(lostDay) / day } == expected, "\(labels)")
        }
    }

    /// Whatever stands in the folder of a signal belongs to it, in folders below and in whatever format.
    @Test func everythingInTheFolderOfASignalIsBackedUp() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let folder = fixture.data + "/metrics/more"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: fixture.data + "/metrics/2026-11-20.sqlite", toPath: folder + "/rollup-2026-11.sqlite")
        try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/notes.json"))
        for name in ["half.partial", ".hidden", "lock"] { try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        try FileManager.default.createDirectory(atPath: fixture.data + "/snapshots/one/metrics", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: fixture.data + "/snapshots/one/metrics/2026-11-20.sqlite"))
        _ = try await backUp(fixture)
        try restore(fixture)
        #expect(try fixture.names(fixture.restored) == ["metrics"])
        #expect(try fixture.names(fixture.restored + "/metrics/more") == ["notes.json", "rollup-2026-11.sqlite"])
        #expect(try String(contentsOfFile: fixture.restored + "/metrics/more/notes.json", encoding: .utf8) == "{}")
        // A file that went is in the next backup no more.
        try FileManager.default.removeItem(atPath: folder + "/notes.json")
        _ = try await backUp(fixture)
        #expect(try fixture.names(fixture.backup + "/metrics/more").count == 1)
    }

    @Test(arguments: ["../x", "metrics/../../x", "/etc/passwd", "metrics", "metrics/lock", "metrics//x", "snapshots/a/b", "metrics/a\0b"])
    func namesOutsideOfTheDataAreRefused(name: String) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let source = LocalBackupSource(dataDirectory: fixture.data, clock: { 0 })
        #expect(try source.copy(name, to: fixture.root + "/copy") == nil)
        _ = name
    }
}
