internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("Whether somebody is told once more")
struct DeduplicationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var firing: [UInt64]
        var resolved: [UInt64] = []
        /// What was told, and how many seconds ago; nil for nothing.
        var told: (firing: [UInt64], resolved: [UInt64], secondsAgo: Int64)?
        var sendsResolved = true
        var reason: Notification.Reason?

        var testDescription: String { "\(firing) \(resolved) after \(String(describing: told))" }
    }

    static let cases = [
        Case(firing: [], told: nil, reason: nil),
        Case(firing: [1], told: nil, reason: .first),
        Case(firing: [], resolved: [1], told: nil, reason: nil),
        Case(firing: [1], told: ([1], [], 10), reason: nil),
        Case(firing: [1], told: ([1, 2], [], 10), reason: nil),
        Case(firing: [1, 2], told: ([1], [], 10), reason: .newAlerts),
        Case(firing: [1], told: ([], [1], 10), reason: .first),
        Case(firing: [], resolved: [1], told: ([1], [], 10), reason: .resolved),
        Case(firing: [], resolved: [1], told: ([1], [], 10), sendsResolved: false, reason: .resolved),
        Case(firing: [], resolved: [1], told: ([], [1], 10), reason: nil),
        Case(firing: [], resolved: [1, 2], told: ([], [1], 9999), reason: nil),
        Case(firing: [1], resolved: [2], told: ([1, 2], [], 10), reason: .resolved),
        Case(firing: [1], resolved: [2], told: ([1, 2], [], 10), sendsResolved: false, reason: nil),
        Case(firing: [1], resolved: [2], told: ([1], [2, 3], 10), reason: nil),
        Case(firing: [1], told: ([1], [], 100), reason: nil),
        Case(firing: [1], told: ([1], [], 101), reason: .repeated),
        Case(firing: [1], resolved: [2], told: ([1], [], 101), sendsResolved: false, reason: .repeated),
    ]

    @Test(arguments: cases) func `the log decides`(example: Case) {
        let key = NotificationLogEntry.Key(groupKey: "g", integration: IntegrationID(receiver: "r", kind: "webhook", index: 0))
        func prints(_ values: [UInt64]) -> [AlertFingerprint] { values.map { AlertFingerprint(value: $0) } }
        var snapshot = GroupSnapshot(look: 1, now: 1_000_000)
        snapshot.firing = prints(example.firing)
        snapshot.resolved = prints(example.resolved)
        let entry = example.told.map {
            NotificationLogEntry(
                key: key, timestamp: 1_000_000 - $0.secondsAgo * 1000, firing: prints($0.firing), resolved: prints($0.resolved),
                expiresAt: .max)
        }
        #expect(
            Deduplication.reason(
                snapshot, told: entry, sendsResolved: example.sendsResolved, repeatIntervalMilliseconds: 100_000) == example.reason)
    }
}
