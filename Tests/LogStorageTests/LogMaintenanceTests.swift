internal import Foundation
internal import LabelMatching
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Retention, deletion, following, and what an operator sees.
struct LogMaintenanceTests {
    private func entry(_ time: Int64, _ line: String, env: String = "prod") -> SentEntry {
        SentEntry(labels: LabelSet([("env", env), ("service", "orders")]), time: time, line: Array(line.utf8), metadata: LabelSet())
    }

    private func lines(_ fixture: LogFixture) throws -> Set<String> {
        Set(try TableReading.entries(fixture.tables()).map { String(decoding: $0.line, as: UTF8.self) })
    }

    @Test func `old days go as a whole`() throws {
        let fixture = try LogFixture { $0.retention = 3 * LogFixture.day }
        try fixture.append([entry(LogFixture.noon - 2 * LogFixture.day, "two days"), entry(LogFixture.noon, "today")])
        try fixture.storage.flush()
        fixture.clock.advance(2 * LogFixture.day)
        try fixture.storage.maintain()
        #expect(try lines(fixture) == ["today"])
        #expect(fixture.storage.statistics.shardsDeleted == 1 && fixture.events.contains("age"))
    }

    @Test func `streams of a rule are hidden when they are too old and leave their day later`() throws {
        let rule = LogRetentionRule(LabelSelector([LabelMatcher("env", equals: "dev")]), keep: 2 * LogFixture.day)
        let fixture = try LogFixture { $0.retentionRules = [rule] }
        let before = LogFixture.noon - LogFixture.day
        try fixture.append([
            entry(before, "dev old", env: "dev"), entry(before, "prod old"), entry(before + 11 * LogFixture.hour, "dev late", env: "dev"),
            entry(LogFixture.noon, "dev new", env: "dev"),
        ])
        try fixture.storage.flush()
        #expect(try lines(fixture).count == 4)
        fixture.clock.advance(LogFixture.day + LogFixture.hour)
        #expect(try lines(fixture) == ["prod old", "dev late", "dev new"])
        fixture.clock.advance(LogFixture.day)
        try fixture.storage.flush()
        #expect(try lines(fixture) == ["prod old"])
        #expect(fixture.events.contains("removed"))
        let dev = try fixture.storage.streams(matching: [LabelMatcher("env", equals: "dev")], from: .min, to: .max)
        #expect(dev.isEmpty)
        fixture.clock.advance(LogFixture.day)
        try fixture.storage.flush()
        #expect(fixture.storage.statistics.blockEntries == 1)
        #expect(try fixture.storage.verify() == [])
    }

    @Test func `entries that differ in their metadata alone are several, and one that comes twice is one`() throws {
        let fixture = try LogFixture()
        let entries = [["trace_id": "a"], ["trace_id": "b"], [:]].map { metadata in
            SentEntry(
                labels: ["app": "shop"], time: LogFixture.noon, line: Array("the same".utf8), metadata: LabelSet(metadata.map { ($0, $1) }))
        }
        func check(_ comment: String) throws {
            let found = try TableReading.entries(fixture.tables())
            #expect(found.count == 3 && Set(found) == Set(entries), "\(comment)")
        }
        try fixture.append(entries + [entries[1]])
        try check("in memory")
        try fixture.storage.flush()
        try check("in a block")
        try fixture.append([entries[2], entries[0]])
        try check("in a block and in memory")
        try fixture.storage.flush()
        try check("merged")
        try fixture.restart()
        try check("after a restart")
    }

    @Test func `the oldest days go where the folder is too large`() throws {
        let fixture = try LogFixture { $0.retentionBytesMax = 200_000 }
        var random = RandomLogs(seed: 1)
        for day in 0..<4 {
            var entries = random.entries(400)
            for index in entries.indices { entries[index].time -= Int64(4 - day) * LogFixture.day }
            try fixture.append(entries)
            try fixture.storage.flush()
        }
        #expect(fixture.storage.statistics.shardsDeleted > 0)
        let left = try TableReading.entries(fixture.tables())
        #expect(left.allSatisfy { $0.time > LogFixture.noon - 3 * LogFixture.day })
    }

    @Test func `what is deleted is hidden at once and then gone from every file`() throws {
        let fixture = try LogFixture()
        let secret = "hunter2secret"
        var random = RandomLogs(seed: 2)
        var entries = random.entries(500)
        for index in stride(from: 3, to: 500, by: 50) {
            entries[index].line = Array("password is \(secret) for us-\(index)".utf8)
            entries[index].labels = LabelSet([("service", "login")])
        }
        for start in stride(from: 0, to: 500, by: 100) {
            try fixture.append(Array(entries[start..<start + 100]))
            if start == 200 { try fixture.storage.flush() }
        }
        let held = try fixture.tables()
        let deleted = try fixture.storage.delete(matching: [LabelMatcher("service", equals: "login")], from: .min, to: .max) { line in
            String(decoding: line, as: UTF8.self).contains(secret)
        }
        #expect(deleted == 10)
        #expect(try !lines(fixture).contains { $0.contains(secret) })
        #expect(try TableReading.entries(fixture.tables()).count == 490)
        // A query under way reads on what it held.
        #expect(try TableReading.entries(held).contains { String(decoding: $0.line, as: UTF8.self).contains(secret) })
        #expect(throws: LogStorageError.self) { try fixture.storage.eraseDeleted() }
        withExtendedLifetime(held) {}
    }

    @Test func `no file has a trace of what was erased`() throws {
        let fixture = try LogFixture()
        let secret = "hunter2secret"
        try fixture.append((0..<200).map { entry(LogFixture.noon + Int64($0), "line \($0) \($0 % 7 == 0 ? secret : "fine")") })
        try fixture.storage.flush()
        try fixture.append((0..<20).map { entry(LogFixture.noon + Int64($0), "again \($0) \($0 % 7 == 0 ? secret : "fine")") })
        #expect(try fixture.allBytes().range(of: Data(secret.utf8)) != nil)
        try fixture.storage.delete(matching: [], from: .min, to: .max) { String(decoding: $0, as: UTF8.self).contains(secret) }
        try fixture.storage.flush()
        #expect(try fixture.allBytes().range(of: Data(secret.utf8)) == nil)
        #expect(try TableReading.entries(fixture.tables()).count == 171 + 17)
        try fixture.restart()
        #expect(try lines(fixture).allSatisfy { !$0.contains(secret) })
        #expect(try fixture.storage.verify() == [])
    }

    @Test func `a copy is a storage of its own`() throws {
        let fixture = try LogFixture()
        var random = RandomLogs(seed: 6)
        var sent = random.entries(300)
        try fixture.append(sent)
        try fixture.storage.flush()
        let late = random.entries(50)
        try fixture.append(late)
        sent += late
        let folder = fixture.directory + "-copy"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try fixture.storage.snapshot(into: folder)
        var options = LogStorageOptions()
        options.runsInBackground = false
        let copy = try LogStorage(directory: folder, options: options, clock: { LogFixture.noon })
        try TableCheck(sent, "copy").check(copy.tables(matching: [], from: .min, to: .max), random: &random)
        try copy.close()
    }

    @Test func `subscribers get what is appended and slow ones are told what they lost`() async throws {
        let fixture = try LogFixture()
        let all = try fixture.storage.tail(matching: [])
        let dev = try fixture.storage.tail(matching: [LabelMatcher("env", equals: "dev")], bytesMax: 300)
        try fixture.append([entry(LogFixture.noon, "one"), entry(LogFixture.noon, "two", env: "dev")])
        let first = try #require(await all.next())
        #expect(first.batches.count == 1 && first.batches[0].entryCount == 2 && first.lostEntries == 0)
        for number in 0..<20 { try fixture.append([entry(LogFixture.noon, "dev line number \(number)", env: "dev")]) }
        let second = try #require(await dev.next())
        let got = second.batches.reduce(0) { $0 + $1.entryCount }
        #expect(got > 0 && second.lostEntries > 0 && got + second.lostEntries == 21)
        #expect(fixture.storage.statistics.tailEntriesLost == second.lostEntries && fixture.storage.statistics.tails == 2)
        async let waiting = dev.next()
        try await Task.sleep(for: .milliseconds(20))
        try fixture.append([entry(LogFixture.noon + 1, "prod"), entry(LogFixture.noon + 1, "dev again", env: "dev")])
        #expect(await waiting?.batches.first?.entryCount == 1)
        _ = await all.next()
        try fixture.storage.close()
        #expect(await all.next() == nil)
    }

    @Test func `numbers count what happened`() throws {
        let fixture = try LogFixture()
        var random = RandomLogs(seed: 8)
        try fixture.append(random.entries(100))
        #expect(fixture.storage.statistics.headEntries == 100 && fixture.storage.statistics.entriesAppended == 100)
        try fixture.storage.flush()
        let statistics = fixture.storage.statistics
        #expect(statistics.headEntries == 0 && statistics.blocks == 1 && statistics.seals == 1 && statistics.shards == 1)
        try fixture.append(random.entries(10))
        try fixture.restart()
        #expect(fixture.storage.statistics.entriesReplayed == 10)
    }
}
