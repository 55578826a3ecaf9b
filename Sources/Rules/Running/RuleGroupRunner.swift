internal import AlertModel
internal import Logging
internal import QueryModel
internal import Synchronization
internal import TelemetryModel

/// The group whose rules a thread evaluates, for those who answer its queries.
public enum RuleGroupAtWork {
    @TaskLocal public static var key: RuleGroupKey?
}

/// Evaluates one group at its times, until its task is cancelled.
final class RuleGroupRunner: Sendable {
    let key: RuleGroupKey
    private let environment: RuleEnvironment
    private let schedule: RuleSchedule
    private let computations: [RuleComputation]
    private let waves: [[Int]]
    private let queryOffset: Int64
    private let window: Int64
    private let limit: Int
    private let shared: Mutex<Shared>

    private struct Shared: Sendable {
        var state: RuleGroupState
        var counts = RuleGroupCounts()
    }

    init(_ state: RuleGroupState, counts: RuleGroupCounts = RuleGroupCounts(), environment: RuleEnvironment) {
        key = state.group.key
        self.environment = environment
        schedule = RuleSchedule(key, intervalMilliseconds: state.intervalMilliseconds)
        computations = state.computations
        waves = state.waves
        queryOffset = state.queryOffsetMilliseconds
        window = state.windowMilliseconds
        limit = state.group.limit
        shared = Mutex(Shared(state: state, counts: counts))
    }

    var state: RuleGroupState { shared.withLock { $0.state } }
    var counts: RuleGroupCounts { shared.withLock { $0.counts } }

    func run() async {
        var slot = schedule.slot(after: environment.clock.now())
        do {
            try await environment.clock.sleep(slot)
            var evaluations = 0
            while !Task.isCancelled {
                try await evaluate(at: slot)
                evaluations += 1
                // By then what rules depend on was scraped and recorded.
                if evaluations == 2 { try await restoreFromSeries() }
                try await environment.clock.sleep(slot + schedule.intervalMilliseconds)
                let next = schedule.slot(following: slot, at: environment.clock.now())
                if next.missed > 0 {
                    shared.withLock {
                        $0.counts.missed += next.missed
                        $0.counts.iterations += next.missed
                    }
                }
                slot = next.time
            }
        } catch {
            // Cancelled: the group is replaced, or the process ends.
        }
    }

    // MARK: One evaluation

    /// One rule's result, and what it took.
    private struct Computed: Sendable {
        var place: Int
        var result: RuleComputation.Result
        var seconds: Double
        var begun: Timestamp
    }

    /// - Throws: where the task was cancelled meanwhile.
    func evaluate(at time: Timestamp) async throws {
        let started = environment.clock.now()
        let clock = ContinuousClock.now
        shared.withLock { $0.counts.iterations += 1 }
        var ruleSeconds = 0.0
        for wave in waves {
            try Task.checkCancellation()
            let computed = try await compute(wave, at: time)
            ruleSeconds += computed.reduce(0) { $0 + $1.seconds }
            try await take(computed, at: time)
        }
        try await appendEnd(of: time)
        let seconds = (ContinuousClock.now - clock).inSeconds
        environment.observe(.group(seconds: seconds))
        let (notices, saved) = shared.withLock { shared in
            shared.state.finish(at: time)
            shared.state.lastDurationSeconds = seconds
            shared.state.lastStarted = started
            shared.counts.ruleSeconds = ruleSeconds
            let notices = computations.indices.flatMap { shared.state.takeNotices(of: $0, at: time) }
            return (notices, shared.state.takeChange() ? shared.state : nil)
        }
        if !notices.isEmpty { for receiver in environment.receivers { await receiver.receive(notices) } }
        // After they were told of: what is told of once more does no harm.
        if let saved { environment.store.keepRuleState(saved.savedState, of: key.description) }
    }

    /// Evaluates rules that do not depend on one another, on as many threads as there are.
    private func compute(_ places: [Int], at time: Timestamp) async throws -> [Computed] {
        let (querying, clock, observe) = (environment.querying, environment.clock, environment.observe)
        let (computations, queryOffset, window, limit, key) = (computations, queryOffset, window, limit, key)
        let work: @Sendable (ArraySlice<Int>) -> [Computed] = { places in
            places.map { place in
                let begun = clock.now()
                let start = ContinuousClock.now
                let result = RuleGroupAtWork.$key.withValue(key) {
                    computations[place].evaluate(
                        at: time, queryOffset: queryOffset, window: window, limit: limit, querying: querying)
                }
                let seconds = (ContinuousClock.now - start).inSeconds
                observe(.rule(seconds: seconds))
                return Computed(place: place, result: result, seconds: seconds, begun: begun)
            }
        }
        // Few enough in one piece that threads end together, and enough that handing them over costs nothing.
        let size = max(1, min(64, places.count / (2 * max(1, environment.working.concurrency))))
        if places.count <= size { return try await environment.working.run { work(places[...]) } }
        let working = environment.working
        return try await withThrowingTaskGroup(of: [Computed].self) { group in
            for start in stride(from: 0, to: places.count, by: size) {
                group.addTask { try await working.run { work(places[start..<min(start + size, places.count)]) } }
            }
            var all: [Computed] = []
            all.reserveCapacity(places.count)
            for try await part in group { all += part }
            return all.sorted { $0.place < $1.place }
        }
    }

    /// Takes the results of a wave and keeps what they write.
    private func take(_ computed: [Computed], at time: Timestamp) async throws {
        var events: [AlertEvent] = []
        var faults: [(place: Int, fault: RuleFault)] = []
        let (samples, owners): ([RuleSample], [Int]) = shared.withLock { shared in
            var samples: [RuleSample] = []
            var owners: [Int] = []
            var markers: [(place: Int, samples: [RuleSample])] = []
            for one in computed {
                let outcome = shared.state.take(one.result, of: one.place, at: time, seconds: one.seconds, begun: one.begun)
                shared.counts.evaluations += 1
                events += outcome.events
                if let fault = outcome.fault {
                    shared.counts.failures += 1
                    faults.append((one.place, fault))
                    continue
                }
                samples += outcome.samples
                owners += repeatElement(one.place, count: outcome.samples.count)
                markers.append((one.place, outcome.samples))
            }
            // Only when all of the wave is known: a series may have gone from one rule to another.
            for (_, written) in markers { shared.state.noteWriting(written) }
            for (place, written) in markers {
                let ended = shared.state.noteWritten(written, of: place, at: time)
                samples += ended
                owners += repeatElement(place, count: ended.count)
            }
            return (samples, owners)
        }
        // Also where the rest of the group is not evaluated any more: the alerts are what they are now.
        if !events.isEmpty { environment.record(events) }
        for (place, fault) in faults where !fault.isCanceled { log("a rule could not be evaluated", place, fault.message) }
        try await append(samples, owners: owners)
    }

    private func append(_ samples: [RuleSample], owners: [Int]) async throws {
        if samples.isEmpty { return }
        let appending = environment.appending
        let result = try await environment.working.run { () -> Result<[RejectedRuleSample], RuleFault> in
            do throws(RuleFault) { return .success(try appending.append(samples)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let rejected):
            var reasons: [Int: (reason: String, count: Int)] = [:]
            for one in rejected {
                let known = reasons[owners[one.index]]
                reasons[owners[one.index]] = (known?.reason ?? one.reason, (known?.count ?? 0) + 1)
            }
            for (place, (reason, count)) in reasons.sorted(by: { $0.key < $1.key }) { note(reason, count: count, of: place) }
        case .failure(let fault):
            for place in Set(owners).sorted() { note(fault.message, count: nil, of: place) }
        }
    }

    /// Notes that samples of a rule could not be kept.
    private func note(_ reason: String, count: Int?, of place: Int) {
        shared.withLock { shared in
            shared.state.noteAppendFault(reason, of: place)
            shared.counts.failures += 1
        }
        log("samples of a rule are not kept", place, count.map { "\($0): \(reason)" } ?? reason)
    }

    private func log(_ message: Logger.Message, _ place: Int, _ reason: String) {
        environment.logger.warning(
            message,
            metadata: [
                "file": .string(key.file), "group": .string(key.name), "rule": .string(computations[place].rule.name),
                "reason": .string(reason),
            ])
    }

    /// Ends the series of rules that are gone.
    private func appendEnd(of time: Timestamp) async throws {
        let samples = shared.withLock { $0.state.endingOfLeftSeries(at: time) }
        if samples.isEmpty { return }
        let appending = environment.appending
        let failure = try await environment.working.run { () -> RuleFault? in
            do throws(RuleFault) {
                _ = try appending.append(samples)
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            environment.logger.warning("series of former rules are not ended", metadata: ["reason": .string(failure.message)])
        }
    }

    // MARK: After a restart

    /// Restores alerts that the store of states does not know from their series.
    private func restoreFromSeries() async throws {
        let state = state
        let places = state.unrestoredRules
        if places.isEmpty { return }
        let start = ContinuousClock.now
        let now = environment.clock.now()
        for place in places {
            var series: [VectorSample] = []
            if let matchers = state.forStateMatchers(of: place) {
                let (querying, range) = (environment.querying, state.forStateRange(at: now))
                let found = try await environment.working.run { () -> Result<[VectorSample], QueryError> in
                    do throws(QueryError) { return .success(try querying.newestSamples(matchers, in: range)) } catch {
                        return .failure(error)
                    }
                }
                switch found {
                case .success(let samples): series = samples
                case .failure(let error): log("the state of alerts cannot be read from their series", place, error.message)
                }
            }
            let known = series.map { (labels: $0.labels, time: $0.timestamp, value: $0.value.number) }
            shared.withLock { $0.state.restoreRule(place, from: known, at: now) }
        }
        let seconds = (ContinuousClock.now - start).inSeconds
        let saved = shared.withLock { shared in
            shared.counts.restoreSeconds = seconds
            return shared.state
        }
        environment.store.keepRuleState(saved.savedState, of: key.description)
    }

    /// Ends all series of the group, which is gone; those that other groups write by now are left alone.
    func endSeries(at time: Timestamp, except written: Set<LabelSet>) async {
        let samples = state.endingOfAllSeries(at: time).filter { !written.contains($0.labels) }
        if samples.isEmpty { return }
        let appending = environment.appending
        _ = try? await environment.working.run { () -> Bool in
            do throws(RuleFault) {
                _ = try appending.append(samples)
                return true
            } catch {
                return false
            }
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
