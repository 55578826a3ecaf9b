import AlertModel
import Foundation
import LabelMatching
import TelemetryModel
import TestSupport

/// Alerts, silences and events made of few names and values, some of them awkward, so that they meet each other.
struct RandomAlerts {
    var generator: SeededGenerator

    static let texts = ["", "a", "b", "Down", "größer", "a\"b\\c", "line\nbreak", "\u{0}zero", "'; DROP TABLE event; --", "🚨"]

    mutating func text() -> String { RandomAlerts.texts.randomElement(using: &generator) ?? "" }

    mutating func labels() -> LabelSet {
        var pairs = [("alertname", ["Down", "Slow", "größer"].randomElement(using: &generator) ?? "")]
        for name in ["job", "instance", "a.b"] where Bool.random(using: &generator) { pairs.append((name, text())) }
        return LabelSet(pairs)
    }

    mutating func time() -> Timestamp { Timestamp.random(in: 1_000_000...1_000_100, using: &generator) }

    mutating func alert() -> Alert {
        Alert(
            labels: labels(), annotations: [Label(name: "summary", value: text()), Label(name: "b", value: text())], startsAt: time(),
            endsAt: time(), updatedAt: time(), generatorURL: text(), endsByTimeout: Bool.random(using: &generator))
    }

    mutating func fingerprints() -> [AlertFingerprint] {
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in AlertFingerprint(value: generator.next()) }.sorted()
    }

    mutating func logEntry() -> NotificationLogEntry {
        NotificationLogEntry(
            key: .init(
                groupKey: "{}:{a=\"\(text())\"}",
                integration: IntegrationID(receiver: text(), kind: "webhook", index: Int.random(in: 0...1, using: &generator))),
            timestamp: time(), firing: fingerprints(), resolved: fingerprints(), expiresAt: time() + 1_000_000_000)
    }

    mutating func silence() throws -> Silence {
        Silence(
            id: "silence-\(Int.random(in: 0...9, using: &generator))",
            matchers: [LabelMatcher("alertname", equals: text()), try LabelMatcher("job", .notMatches, "a.*|b")], startsAt: time(),
            endsAt: time() + 1_000_000_000, updatedAt: time(), createdBy: text(), comment: text(),
            annotations: [Label(name: "ticket", value: text())],
            recurrence: Bool.random(using: &generator)
                ? []
                : [
                    TimeInterval(
                        times: [0..<360, 1320..<1440], weekdays: [1...5], daysOfMonth: [.init(1, -1), .init(-3, -1)], months: [1...12],
                        years: [2026...2027], location: "Europe/Berlin"), TimeInterval(),
                ])
    }

    mutating func event() -> AlertEvent {
        let kind = AlertEvent.Kind.allCases.randomElement(using: &generator) ?? .firing
        return AlertEvent(
            time: time(), kind: kind, labels: labels(), rule: text(), routeID: text(), groupKey: text(), receiver: text(),
            integration: text(), decidedBy: Bool.random(using: &generator) ? [] : [text(), text()], detail: text(), payload: text())
    }
}

/// A folder of its own for a test, which goes with the value.
final class AlertFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "perch-alerts-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy as a process that is killed now leaves the files.
    func copy() throws -> AlertFolder {
        let other = try AlertFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: other.path + "/" + name)
        }
        return other
    }

    var file: String { path + "/" + "alerts.sqlite" }
}
