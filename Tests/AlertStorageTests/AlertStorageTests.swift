import AlertModel
import Foundation
import LabelMatching
import SQLiteSupport
import Synchronization
import TelemetryModel
import TestSupport
import Testing

@testable import AlertStorage

@Suite struct AlertStorageTests {
    private func event(_ time: Timestamp, _ name: String = "Down", payload: String = "") -> AlertEvent {
        AlertEvent(time: time, kind: .notified, labels: ["alertname": name], receiver: "team", integration: "webhook[0]", payload: payload)
    }

    @Test func `a file of a newer version is refused and left alone`() throws {
        let folder = try AlertFolder()
        try AlertStorage(directory: folder.path) { 0 }.close()
        let connection = try SQLiteConnection(path: folder.file)
        try connection.execute("PRAGMA user_version = 2")
        try connection.close()
        #expect {
            try AlertStorage(directory: folder.path) { 0 }
        } throws: { error in
            (error as? AlertStorageError)?.code == .newerFormat
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("damaged") })
    }

    @Test func `a folder serves one process`() throws {
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 0 }
        #expect(throws: AlertStorageError.self) { try AlertStorage(directory: folder.path) { 0 } }
        try storage.close()
    }

    @Test func `with a full disk what waits stays and is written later, and reading goes on`() async throws {
        let folder = try AlertFolder()
        var options = AlertStorageOptions()
        let reports = Mutex<[AlertStorageEvent]>([])
        options.report = { event in reports.withLock { $0.append(event) } }
        options.delayMilliseconds = 5
        options.retryMillisecondsMax = 20
        let storage = try AlertStorage(directory: folder.path, options: options) { 1_000 }
        storage.record([event(1)])
        try await storage.sync()
        try storage.execute("PRAGMA max_page_count = 1")
        let large = (0..<200).map { event(Int64($0) + 2, "Alert\($0)", payload: String(repeating: "x", count: 2_000) + "\($0)") }
        storage.record(large)
        let entry = NotificationLogEntry(
            key: .init(groupKey: "{}:{}", integration: .init(receiver: "team", kind: "webhook", index: 0)), timestamp: 5,
            firing: [AlertFingerprint(value: 1)], resolved: [], expiresAt: 100_000)
        storage.keep(entry)
        await #expect {
            try await storage.sync()
        } throws: { error in
            (error as? AlertStorageError)?.code == .diskFull
        }
        let silence = Silence(
            id: "s", matchers: [LabelMatcher("a", equals: "b")], startsAt: 0, endsAt: 9_000, updatedAt: 0, createdBy: "", comment: "")
        await #expect(throws: AlertStorageError.self) { try await storage.keep(silence) }
        #expect(try storage.history(.init(times: 0...10_000)).events == [event(1)])
        #expect(storage.statistics.isFailing)
        #expect(storage.statistics.eventsPending == 200)

        try storage.execute("PRAGMA max_page_count = 100000")
        for _ in 0..<9000 where storage.statistics.isFailing { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!storage.statistics.isFailing)
        #expect(try storage.history(.init(times: 0...10_000)).events == [event(1)] + large)
        try storage.close()
        let failures = reports.withLock { $0 }.filter { if case .failed = $0 { true } else { false } }
        #expect(failures.count == 1)
        #expect(reports.withLock { $0 }.contains(.recovered))
        let reopened = try AlertStorage(directory: folder.path) { 1_000 }
        #expect(reopened.logEntries == [entry])
        #expect(reopened.silences == [], "its caller was told that it is not kept")
        try reopened.close()
    }

    @Test func `events that wait are bounded, and the oldest go`() throws {
        let folder = try AlertFolder()
        var options = AlertStorageOptions()
        options.pendingEventsMax = 100
        options.delayMilliseconds = 60_000
        let storage = try AlertStorage(directory: folder.path, options: options) { 0 }
        storage.record((0..<250).map { event($0) })
        let statistics = storage.statistics
        #expect(statistics.eventsPending == 100)
        #expect(statistics.eventsDropped == 150)
        #expect(try storage.history(.init(times: 0...1_000)).events.first?.time == 150)
        try storage.close()
    }

    @Test func `what is older than the retention goes, with all that only it referred to`() async throws {
        let folder = try AlertFolder()
        let day: Int64 = 86_400_000
        let now = Mutex<Timestamp>(0)
        var options = AlertStorageOptions()
        options.retention = 10 * day
        let storage = try AlertStorage(directory: folder.path, options: options) { now.withLock { $0 } }
        storage.record((0..<20).map { event($0 * day, "Old\($0)", payload: "payload \($0)") })
        storage.record((0..<20).map { event($0 * day, "Steady") })
        let expired = Silence(
            id: "old", matchers: [LabelMatcher("a", equals: "b")], startsAt: 0, endsAt: day, updatedAt: 0, createdBy: "", comment: "")
        var current = expired
        current.id = "current"
        current.endsAt = 100 * day
        try await storage.keep(expired)
        try await storage.keep(current)
        now.withLock { $0 = 20 * day }
        while !storage.clean(piece: 3) {}
        let left = try storage.history(.init(times: 0...(100 * day))).events
        #expect(Set(left.map(\.time)) == Set((10..<20).map { $0 * day }))
        #expect(left.count == 20)
        #expect(storage.statistics.eventsDeleted == 20)
        try storage.close()
        let connection = try SQLiteConnection(path: folder.file, mode: .readOnly)
        #expect(try connection.integer("SELECT count(*) FROM payload") == 10)
        #expect(try connection.integer("SELECT count(*) FROM label_set") == 12, "a day more than the retention, and the steady one")
        #expect(try connection.integer("SELECT count(*) FROM label WHERE label_set NOT IN (SELECT id FROM label_set)") == 0)
        #expect(try connection.integer("SELECT count(*) FROM history WHERE alert = 'Steady'") == 10)
        try connection.close()
        let reopened = try AlertStorage(directory: folder.path) { 0 }
        #expect(reopened.silences == [current])
        try reopened.close()
    }

    @Test func `long payloads and details are cut between characters`() throws {
        let folder = try AlertFolder()
        var options = AlertStorageOptions()
        options.payloadBytesMax = 10
        options.detailBytesMax = 4
        let storage = try AlertStorage(directory: folder.path, options: options) { 0 }
        var long = event(1, payload: "12345678ößß")
        long.detail = "aöößß"
        storage.record([long])
        let found = try storage.history(.init(times: 0...1)).events.first
        #expect(found?.payload == "12345678ö…")
        #expect(found?.detail == "aö…")
        try storage.close()
    }

    @Test func `a file is inspected beside its server, and damage is named by its table`() async throws {
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 0 }
        storage.record((0..<5).map { event($0, payload: "payload") })
        storage.keep([Alert(labels: ["alertname": "Down"], startsAt: 0, endsAt: 1, updatedAt: 0)])
        try await storage.sync()
        let sound = AlertFileReport(inspecting: folder.file)
        #expect(sound.problems == [])
        #expect((sound.events, sound.alerts, sound.silences) == (5, 1, 0))
        try storage.execute("UPDATE event SET detail = 'another' WHERE id = 2; UPDATE payload SET id = 7; DELETE FROM label")
        let problems = AlertFileReport(inspecting: folder.file).problems
        #expect(
            problems == ["1 rows of event are not what was written", "5 rows of event refer to rows of payload that are not there"])
        try storage.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file))
        #expect(!AlertFileReport(inspecting: folder.file).problems.isEmpty)
    }

    @Test func `an answer holds the payloads of the newest events as far as memory goes`() throws {
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 0 }
        let payload = String(repeating: "x", count: 60_000)
        storage.record((0..<1_500).map { event($0, payload: payload) })
        let found = try storage.history(.init(times: 0...2_000, limit: 5_000))
        #expect(found.events.count == 1_500)
        let left = found.events.filter(\.payload.isEmpty).count
        #expect(found.payloadsLeftOut == left && (300..<500).contains(left), "\(left)")
        #expect(found.events.last?.payload == payload && found.events.first?.payload == "")
        try storage.close()
    }

    @Test func `one payload that many alerts were told of with is kept once`() throws {
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 0 }
        let payload = String(repeating: "long ", count: 1_000)
        storage.record((0..<1_000).map { event(1, "Alert\($0)", payload: payload) })
        #expect(try storage.history(.init(times: 0...1, limit: 5_000)).events.allSatisfy { $0.payload == payload })
        try storage.close()
        let connection = try SQLiteConnection(path: folder.file, mode: .readOnly)
        #expect(try connection.integer("SELECT count(*) FROM payload") == 1)
        try connection.close()
    }
}
