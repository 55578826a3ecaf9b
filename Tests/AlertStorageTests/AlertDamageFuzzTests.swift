import AlertModel
import AlertStorage
import Foundation
import Synchronization
import TelemetryModel
import TestSupport
import Testing

/// Files with flipped bits, and files that end early: nothing traps, and nothing is read that was not written.
@Suite struct AlertDamageFuzzTests {
    /// What was written.
    private struct Written {
        var alerts: [Alert]
        var entries: [NotificationLogEntry]
        var silences: [Silence] = []
        var events: [AlertEvent]
    }

    @Test func `flipped bits are told of, and all that is read was written`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("alert damage: seed \(seed)")
        var random = RandomAlerts(generator: SeededGenerator(seed: seed))
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 1_000_000 }
        var written = Written(
            alerts: (0..<20).map { _ in random.alert() }, entries: (0..<10).map { _ in random.logEntry() },
            events: (0..<60).map { _ in random.event() })
        for _ in 0..<5 { written.silences.append(try random.silence()) }
        storage.keep(written.alerts)
        for entry in written.entries { storage.keep(entry) }
        for silence in written.silences { try await storage.keep(silence) }
        storage.keepRuleState([1, 2, 3], of: "group")
        storage.record(written.events)
        try storage.close()
        let rounds = 36
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file)))
        var noticed = 0
        for round in 0..<rounds {
            let damaged = try AlertFolder()
            try Data(damage(whole, round, &random.generator)).write(to: URL(fileURLWithPath: damaged.file))
            if try await look(at: damaged, written, "seed \(seed), round \(round)") { noticed += 1 }
        }
        print("alert damage: \(noticed) of \(rounds) noticed")
        #expect(noticed > rounds / 2)
    }

    private func damage(_ whole: [UInt8], _ round: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = whole
        if round % 6 == 5 {
            bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            return bytes
        }
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            // Most of a small file is empty space, where a flip does nothing.
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            let index = bytes[start...].firstIndex { $0 != 0 } ?? start
            bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        }
        return bytes
    }

    /// Opens a damaged file, reads and writes; true where the damage was noticed.
    private func look(at folder: AlertFolder, _ written: Written, _ comment: Comment) async throws -> Bool {
        var options = AlertStorageOptions()
        let reports = Mutex(0)
        options.report = { event in if case .damaged = event { reports.withLock { $0 += 1 } } }
        let attempt = Result { try AlertStorage(directory: folder.path, options: options) { 1_000_000 } }
        guard case .success(let storage) = attempt else {
            if case .failure(let error) = attempt { #expect(error is AlertStorageError, comment) }
            return true
        }
        #expect(Set(storage.alerts).isSubset(of: written.alerts), comment)
        #expect(Set(storage.logEntries).isSubset(of: written.entries), comment)
        #expect(Set(storage.silences).isSubset(of: written.silences), comment)
        #expect(storage.ruleStates.values.allSatisfy { $0 == [1, 2, 3] }, comment)
        // Marks of an index may be flipped too, so that events may be missing; none may be another.
        let history = try? storage.history(.init(times: .min ... .max, limit: .max))
        let read = Set(history?.events ?? [])
        // A payload that is damaged is left out of its event.
        let bare = written.events.map { event in
            var event = event
            event.payload = ""
            return event
        }
        #expect(read.isSubset(of: written.events + bare), comment)
        storage.record(written.events)
        let isWritten = (try? await storage.sync()) != nil
        try? storage.close()
        return reports.withLock { $0 > 0 } || history == nil || !isWritten
    }
}
