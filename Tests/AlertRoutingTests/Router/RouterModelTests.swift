internal import AlertModel
internal import LabelMatching
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import AlertRouting

@Suite("Whatever happens, nobody is told twice and nobody never")
struct RouterModelTests {
    @Test func `random alerts, silences, failures, restarts, reloads and jumps of the clock`() throws {
        for _ in 0..<12 { try run(seed: UInt64.random(in: 0...1_000_000)) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `the same calls give the same actions`(seed: UInt64) throws {
        var first = try RouterScenario(seed: seed)
        var second = try RouterScenario(seed: seed)
        for _ in 0..<150 {
            try first.step()
            try second.step()
        }
        #expect(first.harness.attempts == second.harness.attempts)
        #expect(first.harness.events == second.harness.events)
    }

    private func run(seed: UInt64) throws {
        var scenario = try RouterScenario(seed: seed)
        for _ in 0..<300 { try scenario.step() }
        try scenario.calmDown()
        let faults = scenario.faults()
        #expect(faults.isEmpty, "seed \(seed): \(faults.prefix(3).joined(separator: "\n"))")
        #expect(scenario.harness.told.count > 20, "seed \(seed): hardly anything happened")
    }
}

/// Things happening at random to a router.
struct RouterScenario {
    static let receivers = ["r", "flaky2", "firing*"]
    static let file = """
        route:
          receiver: r
          group_by: [alertname]
          group_wait: 10s
          group_interval: 60s
          repeat_interval: 10m
          routes:
          - {matchers: [team=~"x|y"], receiver: flaky2, continue: true}
          - {matchers: [team="y"], receiver: "firing*", group_by: ['...']}
        """
    private static let repeatSeconds = 600.0

    private struct Source {
        var labels: LabelSet
        /// Nil while it does not fire.
        var startsAt: Timestamp?
        var endedAt: Timestamp?
        /// Time that had gone by whenever it ended.
        var ends: [Double] = []
        /// Time that has gone by, from which on everybody has to be told within a wait and two intervals.
        var undisturbedSince: Double = 0
    }

    var harness: RouterHarness
    private var random: SeededGenerator
    private var sources: [Source] = []
    private var everSilenced: Set<String> = []
    /// What integrations do: delivered, fail, hang.
    private var mood: [IntegrationID: Int] = [:]
    private var late: [String] = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        var options = RouterOptions()
        options.seed = seed
        harness = try RouterHarness(Self.file, receivers: Self.receivers, options: options)
        for index in 0..<12 {
            let team = ["x", "y", "z"][index % 3]
            sources.append(Source(labels: ["alertname": "A\(index % 4)", "a": "\(index)", "team": team]))
        }
        apply()
    }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    /// Lets integrations answer as their mood says. `flaky2/webhook[1]` and `r` always deliver.
    private mutating func apply() {
        let mood = mood
        harness.answer = { notification, _ in
            switch mood[notification.integration] ?? 0 {
            case 0: .delivered
            case 1: .retry(after: nil)
            case 2: .refused
            default: nil
            }
        }
    }

    mutating func step() throws {
        for index in sources.indices where chance(0.04) {
            if sources[index].startsAt == nil {
                sources[index].startsAt = harness.now
                sources[index].undisturbedSince = harness.time
            } else {
                sources[index].startsAt = nil
                sources[index].endedAt = harness.now
                sources[index].ends.append(harness.time)
            }
        }
        if chance(0.05) {
            let silence = try harness.silence(
                "s\(random.next())", "a=\(Int.random(in: 0..<12, using: &random))", seconds: Double.random(in: 60...300, using: &random))
            everSilenced.formUnion(silence.matchers.map(\.value))
            harness.set(silence)
        }
        if chance(0.1) {
            let flaky = [
                IntegrationID(receiver: "flaky2", kind: "webhook", index: 0), IntegrationID(receiver: "firing*", kind: "webhook", index: 0),
            ]
            if let integration = flaky.randomElement(using: &random) { mood[integration] = Int.random(in: 0...3, using: &random) }
            apply()
        }
        harness.finishOverdue()
        for _ in harness.pending where chance(0.3) {
            let outcome: DeliveryAttempt.Outcome = chance(0.5) ? .delivered : .retry(after: nil)
            harness.finishPending(outcome)
        }
        try disturb()
        send()
        harness.pass(seconds: Double.random(in: 1...30, using: &random))
        checkPromptness()
    }

    private mutating func disturb() throws {
        let time = harness.time
        if chance(0.02) {
            let got = chance(0.5)
            try harness.restart(Self.file, receivers: Self.receivers) { _ in got }
        } else if chance(0.02) {
            try harness.reconfigure(Self.file, receivers: Self.receivers)
        } else if chance(0.02) {
            harness.clockMoved(by: Int64.random(in: -3_600_000...3_600_000, using: &random))
        } else {
            return
        }
        for index in sources.indices { sources[index].undisturbedSince = time }
    }

    /// Sends every alert again, and ended ones for a quarter of an hour, as Prometheus does.
    private mutating func send() {
        let now = harness.now
        harness.receive(
            sources.compactMap { source in
                if let start = source.startsAt {
                    return Alert(labels: source.labels, startsAt: min(start, now), endsAt: now + 240_000, updatedAt: now)
                }
                guard let end = source.endedAt.map({ min($0, now) }), harness.time - (source.ends.last ?? 0) < 900 else { return nil }
                return Alert(labels: source.labels, startsAt: end - 1000, endsAt: end, updatedAt: now)
            })
    }

    private func isSilenced(_ source: Source) -> Bool {
        harness.router.silences.contains { $0.state(at: harness.now) == .active && $0.matches(source.labels) }
    }

    /// Those who always answer know of each alert in time, whatever others do.
    private mutating func checkPromptness() {
        for index in sources.indices {
            let source = sources[index]
            guard source.startsAt != nil, !isSilenced(source) else {
                sources[index].undisturbedSince = harness.time
                continue
            }
            guard harness.time - source.undisturbedSince > 10 + 60 + 31 else { continue }
            let name = source.labels["a"] ?? ""
            for integration in ["flaky2/webhook[1]", "r/webhook[0]"] where takes(integration, source) {
                let last = harness.told.last {
                    $0.integration == integration && $0.groupKey.hasSuffix(#"alertname="\#(source.labels["alertname"] ?? "")"}"#)
                }
                if last?.firing.contains(name) != true { late.append("\(harness.time) s: \(integration) was not told of \(name)") }
            }
        }
    }

    private func takes(_ integration: String, _ source: Source) -> Bool {
        source.labels["team"] == "z" ? integration.hasPrefix("r/") : integration.hasPrefix("flaky2/")
    }

    /// Nothing else happens until everybody had time to learn of all.
    mutating func calmDown() throws {
        mood = [:]
        apply()
        while !harness.pending.isEmpty { harness.finishPending(.delivered) }
        for var silence in harness.router.silences {
            silence.endsAt = harness.now - 1
            silence.startsAt = min(silence.startsAt, silence.endsAt)
            silence.updatedAt = harness.now
            harness.set(silence)
        }
        for _ in 0..<30 {
            send()
            harness.pass(seconds: 10)
        }
    }

    /// What went wrong, a sentence each.
    func faults() -> [String] {
        var faults = late
        let chains = Dictionary(grouping: harness.told) { $0.integration + " " + $0.groupKey }
        for chain in chains.values {
            let logged = chain.filter(\.isLogged)
            for (first, second) in zip(logged, logged.dropFirst()) where second.time - first.time < Self.repeatSeconds {
                let isNews =
                    !Set(second.firing).isSubset(of: first.firing) || !Set(second.resolved).isSubset(of: first.resolved)
                    || second.firing.isEmpty && !first.firing.isEmpty
                    // It ended in between, which not everybody is told.
                    || sources.contains { source in
                        (second.firing + second.resolved).contains(source.labels["a"] ?? "")
                            && source.ends.contains { $0 >= first.since && $0 <= second.time }
                    }
                if !isNews { faults.append("told twice: \(first.time) \(first), \(second.time) \(second)") }
            }
        }
        for source in sources {
            let name = source.labels["a"] ?? ""
            for route in harness.router.configuration.routes(for: source.labels) {
                let key = route.groupKey(of: route.groupLabels(of: source.labels))
                for integration in RouterHarness.integrations(Self.receivers)[route.options.receiver] ?? [] {
                    let last = chains["\(integration.id) \(key)"]?.last
                    let isKnown = last?.firing.contains(name) ?? false
                    if source.startsAt != nil, !isKnown { faults.append("\(integration.id) was never told that \(name) fires") }
                    if source.startsAt == nil, isKnown, integration.sendResolved, !everSilenced.contains(name) {
                        faults.append("\(integration.id) was never told that \(name) ended")
                    }
                }
            }
        }
        return faults
    }
}
