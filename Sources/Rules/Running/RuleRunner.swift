internal import AlertModel
internal import Logging
internal import Synchronization
internal import TelemetryModel

/// A group as it runs.
public struct RunningRuleGroup: Sendable {
    public var state: RuleGroupState
    public var counts: RuleGroupCounts
}

/// Runs rule groups, and exchanges them while they run: what did not change goes on, what did takes over the state of its alerts.
public actor RuleRunner {
    private let environment: RuleEnvironment
    private var running: [RuleGroupKey: Running] = [:] {
        didSet {
            let runners = running.sorted { $0.key < $1.key }.map(\.value.runner)
            visible.withLock { $0 = runners }
        }
    }
    /// The running groups, for those who do not wait.
    private nonisolated let visible = Mutex<[RuleGroupRunner]>([])
    /// The last call that puts groups in force.
    private var applying: Task<Void, Never>?
    private var endings: [Task<Void, Never>] = []
    /// Whether groups were put in force before: only the first ones continue what was before a restart.
    private var isRestored = false
    private var isStopped = false

    private struct Running {
        var runner: RuleGroupRunner
        var task: Task<Void, Never>
    }

    public init(_ environment: RuleEnvironment) { self.environment = environment }

    /// All groups as they are now, sorted by file and name.
    public nonisolated var groups: [RunningRuleGroup] {
        visible.withLock { $0 }.map { RunningRuleGroup(state: $0.state, counts: $0.counts) }
    }

    /// Puts groups in force, one call after the other. A group whose file and name stay and whose rules are the same goes on undisturbed; others
    /// end what they are at first.
    public func apply(_ groups: [RuleGroup], settings: RuleSettings) async {
        let previous = applying
        let task = Task {
            await previous?.value
            await exchange(groups, settings)
        }
        applying = task
        await task.value
    }

    private func exchange(_ groups: [RuleGroup], _ settings: RuleSettings) async {
        if isStopped { return }
        let isStart = !isRestored
        isRestored = true
        var old = running
        var next: [RuleGroupKey: Running] = [:]
        for group in groups where next[group.key] == nil {
            let earlier = old.removeValue(forKey: group.key)
            if let earlier, earlier.runner.state.isSame(as: group, settings) {
                next[group.key] = earlier
                continue
            }
            var counts = RuleGroupCounts()
            var state = RuleGroupState(group, settings: settings, isRestored: !isStart)
            if let earlier {
                earlier.task.cancel()
                await earlier.task.value
                state.adopt(earlier.runner.state)
                counts = earlier.runner.counts
            } else if isStart, let saved = environment.store.ruleStates[group.key.description] {
                restore(&state, from: saved)
            }
            next[group.key] = start(RuleGroupRunner(state, counts: counts, environment: environment))
        }
        running = next
        for gone in old.values { await end(gone) }
        if isStart { forgetStates(except: next) }
    }

    private func restore(_ state: inout RuleGroupState, from saved: [UInt8]) {
        do throws(RuleFault) {
            try state.restore(saved, now: environment.clock.now())
        } catch {
            environment.logger.error(
                "the alerts of a group are not known any more; they are looked for in its series",
                metadata: ["file": .string(state.group.file), "group": .string(state.group.name), "reason": .string(error.message)])
        }
    }

    private func start(_ runner: RuleGroupRunner) -> Running { Running(runner: runner, task: Task { await runner.run() }) }

    /// States of groups that are gone since the last start.
    private func forgetStates(except kept: [RuleGroupKey: Running]) {
        let names = Set(kept.keys.map(\.description))
        for name in environment.store.ruleStates.keys where !names.contains(name) { environment.store.keepRuleState(nil, of: name) }
    }

    /// Ends a group that is gone. Its series end two intervals later: until then a renamed rule may have taken them over.
    private func end(_ gone: Running) async {
        gone.task.cancel()
        await gone.task.value
        let now = environment.clock.now()
        environment.store.keepRuleState(nil, of: gone.runner.key.description)
        environment.record(gone.runner.state.eventsOfRemoval(at: now))
        let (clock, wait) = (environment.clock, 2 * gone.runner.state.intervalMilliseconds)
        endings.append(
            Task { [weak self] in
                guard (try? await clock.sleep(now + wait)) != nil, let self else { return }
                await gone.runner.endSeries(at: now, except: self.writtenSeries)
            })
    }

    private var writtenSeries: Set<LabelSet> { running.values.reduce(into: []) { $0.formUnion($1.runner.state.writtenSeries) } }

    /// Ends all groups once the evaluations that they are at are done; the state of their alerts is kept.
    public func stop() async {
        isStopped = true
        await applying?.value
        for ending in endings { ending.cancel() }
        for group in running.values { group.task.cancel() }
        for group in running.values { await group.task.value }
    }
}

extension RuleGroupState {
    /// Whether a group would be the same as this one.
    func isSame(as other: RuleGroup, _ settings: RuleSettings) -> Bool {
        group.isSame(as: other) && intervalMilliseconds == other.intervalMilliseconds ?? settings.intervalMilliseconds
            && self.settings == settings
    }

    /// What the history of alerts is to say when the group is gone.
    func eventsOfRemoval(at time: Timestamp) -> [AlertEvent] {
        zip(group.rules, alerting).flatMap { rule, alerting in
            alerting.activeAlerts.map { alert in
                AlertEvent(
                    time: time, kind: alert.state == .firing ? .resolved : .inactive, labels: alert.labels, rule: eventSource(rule),
                    detail: "the rule is no longer configured")
            }
        }
    }
}
