internal import AlertModel
internal import Foundation
internal import LabelMatching
internal import LinearRegex
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

/// The same alerts and silences, the same configuration: Debian's prometheus-alertmanager in real time, the router in simulated time.
///
/// `PERCH_ALERTMANAGER_DIFFERENTIAL` sets how many random scenarios of a minute are run beside the short one (default 0), and
/// `PERCH_ALERTMANAGER_SEED` the first seed.
@Suite("Beside Alertmanager", .serialized)
struct AlertmanagerDifferentialTests {
    private static let program = ["/usr/bin/prometheus-alertmanager", "/usr/bin/alertmanager", "/usr/local/bin/alertmanager"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["PERCH_ALERTMANAGER_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...1_000_000)

    @Test(.enabled(if: program != nil, "no prometheus-alertmanager is installed"))
    func `the same groups are told of at the same times`() throws { try compare(seed: Self.seed, steps: 3) }

    @Test(
        .enabled(if: program != nil && environment["PERCH_ALERTMANAGER_DIFFERENTIAL"] != nil, "PERCH_ALERTMANAGER_DIFFERENTIAL is not set"))
    func `the same groups are told of at the same times, for long`() throws {
        let count = Self.environment["PERCH_ALERTMANAGER_DIFFERENTIAL"].flatMap { UInt64($0) } ?? 0
        for index in 0..<count { try compare(seed: Self.seed + index, steps: 15) }
    }

    /// One thing that was told.
    private struct Line: Equatable {
        var at: Double
        var channel: String
        var text: String
    }

    private func compare(seed: UInt64, steps: Int) throws {
        let scenario = AlertmanagerScenario(seed: seed, steps: steps)
        var answer = try run(scenario)
        // Where the machine stood still for long, a step may have fallen together with a look at a group.
        for _ in 0..<3 where zip(answer.steps, scenario.steps).contains(where: { $0 - $1.at > 1 }) { answer = try run(scenario) }
        let theirs = answer.told.map { told in
            Line(at: told.at, channel: told.path + " " + told.body.groupKey, text: text(told.body.alerts.map { ($0.status, $0.labels) }))
        }
        let ours = try replay(scenario, at: answer.steps).filter { $0.at < scenario.until - 0.5 }
        print("beside Alertmanager: seed \(seed), \(theirs.count) notifications")
        #expect(!theirs.isEmpty)
        let (theirChannels, ourChannels) = (Dictionary(grouping: theirs, by: \.channel), Dictionary(grouping: ours, by: \.channel))
        for channel in Set(theirChannels.keys).union(ourChannels.keys).sorted() {
            let (their, our) = (theirChannels[channel] ?? [], ourChannels[channel] ?? [])
            #expect(
                our.map(\.text) == their.map(\.text), "seed \(seed), \(channel): ours at \(our.map(\.at)), theirs at \(their.map(\.at))")
            for (one, other) in zip(our, their) { #expect(abs(one.at - other.at) < 2, "seed \(seed), \(channel)") }
        }
    }

    private func text(_ alerts: [(status: String, labels: [String: String])]) -> String {
        alerts.map { "\($0.status) \(LabelSet($0.labels.map { ($0.key, $0.value) }))" }.joined(separator: "\n")
    }

    private func run(_ scenario: AlertmanagerScenario) throws -> AlertmanagerScenario.Answer {
        let folder = NSTemporaryDirectory() + "perch-alertmanager-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let input = folder + "/scenario.json"
        try JSONEncoder().encode(scenario).write(to: URL(filePath: input))
        let driver = try #require(Bundle.module.path(forResource: "alertmanager_driver", ofType: "py"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", driver, try #require(Self.program), folder]
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: input))
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSONDecoder().decode(AlertmanagerScenario.Answer.self, from: said)
    }

    /// What the router tells when it gets the same at the same times.
    private func replay(_ scenario: AlertmanagerScenario, at times: [Double]) throws -> [Line] {
        let integrations = [
            "plain": [true], "both": [true, false], "quiet": [false],
        ].reduce(into: [String: [IntegrationSettings]]()) { result, entry in
            result[entry.key] = entry.value.enumerated().map { index, sendResolved in
                IntegrationSettings(id: IntegrationID(receiver: entry.key, kind: "webhook", index: index), sendResolved: sendResolved)
            }
        }
        let start: Timestamp = 1_773_000_000_000
        var player = Player(
            router: AlertRouter(
                try RoutingConfiguration(yaml: scenario.config, receivers: AlertmanagerScenario.receivers), integrations: integrations,
                silences: [], log: [], now: start), start: start)
        var silences: [Silence] = []
        for (step, time) in zip(scenario.steps, times) {
            let now = start + Int64(time * 1000)
            player.advance(to: now)
            for place in step.expired {
                var silence = silences[place]
                guard silence.state(at: now) != .expired else { continue }
                silence.startsAt = min(silence.startsAt, now)
                silence.endsAt = now
                silences[place] = silence
                player.carryOut(player.router.set(silence, now: now), now: now)
            }
            for posted in step.silences {
                let matchers = try posted.matchers.map { try LabelMatcher($0.name, $0.isRegex ? .matches : .equal, $0.value) }
                let silence = Silence(
                    id: "\(silences.count)", matchers: matchers, startsAt: now + Int64(posted.startsAt * 1000),
                    endsAt: now + Int64(posted.endsAt * 1000), updatedAt: now, createdBy: "", comment: "")
                silences.append(silence)
                player.carryOut(player.router.set(silence, now: now), now: now)
            }
            let alerts = try step.alerts.map { posted in
                try Alert.normalised(
                    PostedAlert(
                        labels: posted.labels.map { Label(name: $0.key, value: $0.value) },
                        endsAt: posted.endsAt.map { now + Int64($0 * 1000) }), now: now, resolveTimeoutMilliseconds: 300_000)
            }
            player.carryOut(player.router.receive(alerts, now: now), now: now)
        }
        player.advance(to: start + Int64(scenario.until * 1000))
        return player.lines
    }

    private struct Player {
        var router: AlertRouter
        let start: Timestamp
        var lines: [Line] = []

        mutating func advance(to end: Timestamp) {
            while let next = router.nextDeadline, next <= end { carryOut(router.advance(to: next), now: next) }
            carryOut(router.advance(to: end), now: end)
        }

        mutating func carryOut(_ actions: [RoutingAction], now: Timestamp) {
            for case .send(let notification, _) in actions {
                let alerts = notification.alerts.map { alert in
                    "\(alert.isResolved(at: notification.now) ? "resolved" : "firing") \(alert.labels)"
                }
                lines.append(
                    Line(
                        at: Double(now - start) / 1000,
                        channel: "/\(notification.integration.receiver)/\(notification.integration.index) \(notification.groupKey)",
                        text: alerts.joined(separator: "\n")))
                let attempt = DeliveryAttempt(outcome: .delivered, detail: "", payload: "", startedAt: now, endedAt: now + 5)
                carryOut(router.finished(notification.id, attempt, now: now), now: now)
            }
        }
    }
}
