import AlertModel
import AlertStorage
import Foundation
import LabelMatching
import TelemetryModel
import TestSupport
import Testing

@Suite struct AlertStorageModelTests {
    /// What the storage holds, the simple way.
    private struct Model: Equatable {
        var alerts: [LabelSet: Alert] = [:]
        var log: [NotificationLogEntry.Key: NotificationLogEntry] = [:]
        var silences: [String: Silence] = [:]
        var ruleStates: [String: [UInt8]] = [:]
        var events: [AlertEvent] = []

        init() {}

        init(_ storage: AlertStorage) throws {
            for alert in storage.alerts { alerts[alert.labels] = alert }
            for entry in storage.logEntries { log[entry.key] = entry }
            for silence in storage.silences { silences[silence.id] = silence }
            ruleStates = storage.ruleStates
            events = try storage.history(.init(times: .min ... .max, limit: .max)).events
        }
    }

    /// One random change of both.
    private func change(_ random: inout RandomAlerts, _ storage: AlertStorage, _ model: inout Model) async throws {
        switch Int.random(in: 0..<10, using: &random.generator) {
        case 0..<2:
            let alerts = (0..<3).map { _ in random.alert() }
            storage.keep(alerts)
            for alert in alerts { model.alerts[alert.labels] = alert }
        case 2:
            let labels = random.labels()
            storage.forgetAlerts([labels])
            model.alerts[labels] = nil
        case 3:
            let entry = random.logEntry()
            storage.keep(entry)
            model.log[entry.key] = entry
        case 4:
            guard let key = model.log.keys.sorted(by: { $0.groupKey < $1.groupKey }).first else { return }
            storage.forgetLogEntry(key)
            model.log[key] = nil
        case 5:
            let silence = try random.silence()
            try await storage.keep(silence)
            model.silences[silence.id] = silence
        case 6:
            let group = random.text()
            let state = Bool.random(using: &random.generator) ? random.generator.bytes(20) : nil
            storage.keepRuleState(state, of: group)
            model.ruleStates[group] = state
        default:
            let events = (0..<Int.random(in: 0...4, using: &random.generator)).map { _ in random.event() }
            storage.record(events)
            model.events += events
        }
    }

    @Test func `what was synced is there after a kill, and all of it after a close`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("alert storage model: seed \(seed)")
        var random = RandomAlerts(generator: SeededGenerator(seed: seed))
        let folder = try AlertFolder()
        var model = Model()
        for round in 0..<6 {
            let storage = try AlertStorage(directory: folder.path) { 1_000_000 }
            try expect(storage, model, seed, "round \(round)")
            for _ in 0..<30 { try await change(&random, storage, &model) }
            try await storage.sync()
            let killed = try folder.copy()
            let afterKill = try AlertStorage(directory: killed.path) { 1_000_000 }
            try expect(afterKill, model, seed, "killed in round \(round)")
            try afterKill.close()
            for _ in 0..<5 { try await change(&random, storage, &model) }
            try storage.close()
        }
    }

    private func expect(_ storage: AlertStorage, _ model: Model, _ seed: UInt64, _ where: String) throws {
        var expected = model
        // The history is by time; what happened at one time stays in its order.
        expected.events = model.events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        let found = try Model(storage)
        #expect(found.alerts == expected.alerts, "\(`where`), seed \(seed)")
        #expect(found.log == expected.log, "\(`where`), seed \(seed)")
        #expect(found.silences == expected.silences, "\(`where`), seed \(seed)")
        #expect(found.ruleStates == expected.ruleStates, "\(`where`), seed \(seed)")
        #expect(found.events == expected.events, "\(`where`), seed \(seed)")
    }

    @Test func `history is found by matchers, fingerprint, kind and time as a walk over all events finds it`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("alert history model: seed \(seed)")
        var random = RandomAlerts(generator: SeededGenerator(seed: seed))
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 1_000_000 }
        let events = (0..<400).map { _ in random.event() }
        storage.record(events)
        let sorted = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        for _ in 0..<60 {
            let start = random.time()
            var query = AlertHistoryQuery(times: start...(start + 40), limit: Int.random(in: 1...60, using: &random.generator))
            for _ in 0..<Int.random(in: 0...2, using: &random.generator) {
                let name = ["alertname", "job", "a.b"].randomElement(using: &random.generator) ?? ""
                let comparison = [LabelMatcher.Operator.equal, .notEqual].randomElement(using: &random.generator) ?? .equal
                let matcher = try LabelMatcher(name, comparison, random.text())
                query.matchers.append([matcher, try LabelMatcher("alertname", .matches, "Down|Slow")])
            }
            if Int.random(in: 0..<4, using: &random.generator) == 0 { query.fingerprint = events.randomElement()?.fingerprint }
            if Bool.random(using: &random.generator) { query.kinds = [.firing, .notified, .silenced] }
            query.includesPayloads = Bool.random(using: &random.generator)
            var expected = sorted.filter { event in
                query.times.contains(event.time) && (query.kinds.isEmpty || query.kinds.contains(event.kind))
                    && (query.fingerprint.map { $0 == event.fingerprint } ?? true)
                    && (query.matchers.isEmpty || query.matchers.contains { $0.allSatisfy { $0.matches(event.labels) } })
            }
            if !query.includesPayloads { for index in expected.indices { expected[index].payload = "" } }
            let found = try storage.history(query)
            #expect(found.events == Array(expected.suffix(query.limit)), "seed \(seed)")
            #expect(found.isCut == (expected.count > query.limit), "seed \(seed)")
        }
        try storage.close()
    }

    @Test func `many label sets are found by a walk back in time as few are by look-ups`() throws {
        let folder = try AlertFolder()
        let storage = try AlertStorage(directory: folder.path) { 1_000_000 }
        let events = (0..<500).map { index in
            AlertEvent(
                time: Int64(index), kind: .firing,
                labels: ["alertname": "Down", "instance": "i\(index)", "even": index % 2 == 0 ? "yes" : ""])
        }
        storage.record(events)
        let query = AlertHistoryQuery(matchers: [[LabelMatcher("even", equals: "yes")]], times: 0...1_000, limit: 100)
        let found = try storage.history(query)
        #expect(found.events == Array(events.filter { $0.time % 2 == 0 }.suffix(100)))
        #expect(found.isCut)
        try storage.close()
    }
}
