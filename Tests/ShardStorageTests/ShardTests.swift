internal import Foundation
internal import ShardStorage
internal import Synchronization
internal import Testing

@Suite struct ShardTests {
    private let folder = TemporaryFolder()

    private func catalog(_ damaged: @escaping @Sendable (ShardStorageError) -> Void = { Issue.record("\($0)") }) throws -> ShardCatalog {
        try ShardCatalog(directory: folder.path, signal: "test", damaged: damaged)
    }

    private func addPage(_ shard: Shard, seal: UInt64, series: ClosedRange<UInt32>, times: ClosedRange<Int64>, _ data: [UInt8]) throws {
        try shard.write { transaction in
            try transaction.addPage(
                seal: seal, level: 0, firstSeries: series.lowerBound, lastSeries: series.upperBound, minTime: times.lowerBound,
                maxTime: times.upperBound, items: 1, data: data)
            try transaction.setSealedThrough(seal)
        }
    }

    @Test func contentsSurviveAndPagesAreFoundBySeriesAndTime() throws {
        let first = try catalog()
        let shard = try first.shardForWriting(day: 20_779)
        #expect(shard.path.hasSuffix("2026-11-22.sqlite"))
        try addPage(shard, seal: 3, series: 0...9, times: 0...99, [3])
        try addPage(shard, seal: 5, series: 5...255, times: 50...60, [5])
        try addPage(shard, seal: 4, series: 5...255, times: 40...60, [4])
        try addPage(shard, seal: 6, series: 256...300, times: 0...99, [6])
        try first.close()
        let shards = try catalog().shards(days: 20_000...21_000)
        let contents = try #require(shards.shards.first).contents
        #expect(shards.missing.isEmpty && contents.sealedThrough == 6)
        #expect(contents.pages(of: 7, from: 0, through: 100).map(\.seal) == [3, 4, 5])
        #expect(contents.pages(of: 7, from: 0, through: 45).map(\.seal) == [3, 4])
        #expect(contents.pages(of: 255, from: 55, through: 55).map(\.seal) == [4, 5])
        #expect(contents.pages(of: 300, from: 99, through: 99).map(\.seal) == [6])
        #expect(contents.pages(of: 301, from: 0, through: 99).isEmpty)
        #expect(contents.series([4, 100, 256, 299, 301], withPagesFrom: 45, through: 45) == [4, 100, 256, 299])
        #expect(contents.series([4, 100, 256], withPagesFrom: 70, through: 90) == [4, 256])
    }

    @Test func replacedPagesStayUntilNoSnapshotHoldsThem() throws {
        let shard = try catalog().shardForWriting(day: 1)
        try addPage(shard, seal: 1, series: 0...1, times: 0...9, [1, 1])
        var snapshot: ShardSnapshot? = shard.snapshot()
        let old = try #require(snapshot?.contents.pages.first)
        try shard.write { transaction in
            #expect(try transaction.page(old.id) == [1, 1])
            try transaction.retirePage(old.id)
            try transaction.addPage(
                seal: 1, level: 1, firstSeries: 0, lastSeries: 1, minTime: 0, maxTime: 9, items: 1, data: [2, 2])
        }
        #expect(shard.contents.pages.map(\.level) == [1])
        #expect(try !shard.deleteRetiredPages())
        #expect(try shard.read { try $0.page(old.id) } == [1, 1])
        snapshot = nil
        #expect(try shard.deleteRetiredPages())
        #expect(try shard.read { try $0.page(old.id) } == nil)
        try shard.checkpoint(givingBackSpace: true)
    }

    @Test func aCrashBeforeTheDeletionIsMadeGoodAtTheNextStart() throws {
        let first = try catalog()
        let shard = try first.shardForWriting(day: 1)
        try addPage(shard, seal: 1, series: 0...1, times: 0...9, [1])
        let old = shard.contents.pages[0].id
        try shard.write { try $0.retirePage(old) }
        try first.close()
        let again = try #require(try catalog().shard(day: 1))
        #expect(again.contents.pages.isEmpty)
        #expect(try again.read { try $0.page(old) } == nil)
    }

    @Test func aFailedWriteChangesNothing() throws {
        struct Stop: Error {}
        let shard = try catalog().shardForWriting(day: 1)
        #expect(throws: ShardStorageError.self) {
            try shard.write { transaction in
                try transaction.setSeriesCount(7)
                try transaction.putGroup(first: 0, count: 1, data: [1])
                throw Stop()
            }
        }
        #expect(shard.contents.seriesCount == 0)
        #expect(try shard.read { try $0.group(first: 0) } == nil)
    }

    @Test func indexAndDictionary() throws {
        let shard = try catalog().shardForWriting(day: 1)
        try shard.write { transaction in
            try transaction.putGroup(first: 0, count: 2, data: [9, 9])
            try transaction.addPosting(name: "a", value: "x", first: 0, count: 1, series: [0])
            try transaction.addPosting(name: "a", value: "y", first: 1, count: 1, series: [1])
            try transaction.addPosting(name: "b", value: "x", first: 0, count: 2, series: [0, 1])
            try transaction.addPosting(name: "a", value: "x", first: 5, count: 1, series: [5])
        }
        try shard.read { reader in
            #expect(try reader.names() == ["a", "b"])
            var values: [String] = []
            try reader.forEachValue(of: "a") { value, count, _ in values.append(String(decoding: value, as: UTF8.self) + "\(count)") }
            #expect(values == ["x1", "x1", "y1"])
            var lists: [[UInt8]] = []
            try reader.forEachPosting(name: "a", value: "x") { _, series in lists.append([UInt8](series)) }
            #expect(lists == [[0], [5]])
            #expect(try reader.group(first: 0) == [9, 9])
            #expect(try reader.group(first: 256) == nil)
        }
    }

    @Test func dayNamesCoverAllTimes() throws {
        let catalog = try catalog()
        for (day, name) in [
            (0, "1970-01-01"), (-1, "1969-12-31"), (20_779, "2026-11-22"), (11_016, "2000-02-29"), (-719_162, "0001-01-01"),
        ] {
            #expect(catalog.path(day: day).hasSuffix("/\(name).sqlite"))
        }
    }

    @Test func retentionDeletesFilesOfOldDays() throws {
        let catalog = try catalog()
        for day in [1, 2, 3] { _ = try catalog.shardForWriting(day: day) }
        #expect(try catalog.deleteShards(before: 3).count == 2)
        #expect(catalog.days == [3])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sqlite") } == ["1970-01-04.sqlite"])
    }

    @Test func shardsOfAnotherSignalAreRefused() throws {
        let first = try catalog()
        _ = try first.shardForWriting(day: 1)
        try first.close()
        let told = Atomic<Int>(0)
        let other = try ShardCatalog(directory: folder.path, signal: "other") { _ in told.add(1, ordering: .relaxed) }
        #expect(other.shards(days: 0...2).missing.map(\.code) == [.corrupt])
        #expect(other.shards(days: 0...2).missing.count == 1)
        #expect(told.load(ordering: .relaxed) == 1)
    }
}
