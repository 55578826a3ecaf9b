public import ConfigFile
public import PromQL
internal import QueryModel
public import Rules
internal import TelemetryModel

/// Runs unit tests over rule files that have been read.
public struct UnitTestRun: Sendable {
    private let file: UnitTestFile
    private let ruleFiles: [RuleFile]
    /// Why some rule files could not be read.
    private let ruleFaults: [ConfigError]
    private let features: LanguageFeatures

    /// - Parameters:
    ///   - ruleFiles: those that the test file names.
    ///   - ruleFaults: why others that it names cannot be loaded; every test fails then.
    public init(_ file: UnitTestFile, ruleFiles: [RuleFile], ruleFaults: [ConfigError] = [], features: LanguageFeatures = []) {
        self.file = file
        self.ruleFiles = ruleFiles
        self.ruleFaults = ruleFaults
        self.features = features
    }

    /// Runs one entry of `tests`.
    ///
    /// - Parameter index: its place in the file.
    public func outcome(of index: Int) -> UnitTestOutcome {
        let test = file.groups[index]
        var outcome = UnitTestOutcome(name: test.name.isEmpty ? "unnamed#\(index)" : test.name, place: test.place)
        do throws(UnitTestFailure) {
            var execution = UnitTestExecution(test, file, try loadedGroups(test), features)
            try execution.loadInputs()
            outcome.remarks = execution.remarks
            execution.run(&outcome)
        } catch {
            outcome.failures.append(error)
        }
        return outcome
    }

    private func loadedGroups(_ test: UnitTestGroup) throws(UnitTestFailure) -> [RuleGroup] {
        if let fault = ConfigError.joining(ruleFaults) {
            throw UnitTestFailure(.input(fault.all.map(\.description).joined(separator: "\n")), place: test.place)
        }
        let places = Dictionary(file.groupOrder.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        // Groups that the order does not name count as first, as with promtool; else they stay in the order of their files.
        return ruleFiles.flatMap(\.groups).enumerated()
            .sorted { (places[$0.element.name] ?? 0, $0.offset) < (places[$1.element.name] ?? 0, $1.offset) }.map(\.element)
    }
}

/// One entry of `tests` while it runs.
private struct UnitTestExecution {
    private let test: UnitTestGroup
    private let file: UnitTestFile
    private let engine: QueryEngine
    private var simulation: RuleSimulation
    /// Samples that have not happened yet, latest first.
    private var upcoming: [(labels: LabelSet, time: Timestamp, value: PointValue)] = []
    private(set) var remarks: [String] = []

    init(_ test: UnitTestGroup, _ file: UnitTestFile, _ groups: [RuleGroup], _ features: LanguageFeatures) {
        self.test = test
        self.file = file
        var options = EngineOptions()
        options.features = features
        options.defaultStepMilliseconds = file.evaluationInterval
        engine = QueryEngine(options: options)
        var settings = RuleSettings()
        settings.intervalMilliseconds = test.interval
        settings.surroundings = TemplateSurroundings(externalLabels: test.externalLabels, externalURL: test.externalURL)
        settings.features = features
        simulation = RuleSimulation(groups, settings: settings, engine: engine)
        let known = Set(groups.flatMap(\.rules).filter(\.isAlerting).map(\.name))
        var named: Set<String> = []
        for alert in test.alertTests
        where !alert.alertName.isEmpty && !known.contains(alert.alertName) && named.insert(alert.alertName).inserted {
            remarks.append("\(file.path):\(alert.place.line): no rule of the rule files has the alert \(quoted(alert.alertName))")
        }
    }

    // MARK: Input

    mutating func loadInputs() throws(UnitTestFailure) {
        var series: [LabelSet: [SeriesDescription.Point?]] = [:]
        var starts: SeriesStarts?
        for input in test.inputs {
            let text = input.series.trimmed + " " + input.values.trimmed
            let parser = PromQLParser(features: .all)
            do throws(QueryError) {
                if text.utf8.contains(UInt8(ascii: "\n")) { throw QueryError(.badInput, "a series has to stand on one line") }
                if let given = try parser.parseSeriesStarts(text) {
                    if starts != nil { throw QueryError(.badInput, "@st line has no following sample line") }
                    starts = given
                    continue
                }
                let description = try parser.parseSeriesDescription(text)
                if let given = starts { try add(given, to: description) }
                starts = nil
                // Of several with the same labels the last one holds, whole.
                series[description.labels] = description.points
            } catch {
                throw UnitTestFailure(.input("series \(quoted(text)): \(error.message)"), place: input.place)
            }
        }
        if starts != nil, let last = test.inputs.last {
            throw UnitTestFailure(.input("@st line has no following sample line"), place: last.place)
        }
        for (labels, points) in series {
            for (index, point) in points.enumerated() {
                if let point { upcoming.append((labels, test.start + Int64(index) * test.interval, point.value)) }
            }
        }
        upcoming.sort { $0.time > $1.time }
    }

    private mutating func add(_ starts: SeriesStarts, to series: SeriesDescription) throws(QueryError) {
        guard starts.labels == series.labels else {
            throw QueryError(.badInput, "@st metric does not match the following sample line metric")
        }
        guard starts.offsets.count == series.points.count else {
            throw QueryError(
                .badInput, "@st line has \(starts.offsets.count) values but sample line has \(series.points.count)")
        }
        for (index, offset) in starts.offsets.enumerated() {
            let time = test.start + Int64(index) * test.interval
            guard let offset, time + offset != 0 else { continue }
            simulation.source.addStarts(series.labels, StartRun(samples: TimeRange(start: time, end: time), start: time + offset))
        }
    }

    private mutating func loadSamples(through time: Timestamp) {
        while let next = upcoming.last, next.time <= time {
            simulation.source.append(next.labels, next.time, next.value)
            upcoming.removeLast()
        }
    }

    // MARK: Running

    mutating func run(_ outcome: inout UnitTestOutcome) {
        for alert in test.alertTests where alert.alertName.isEmpty {
            outcome.failures.append(UnitTestFailure(.input("alertname is missing"), time: alert.time, place: alert.place))
            return
        }
        let alertTests = test.alertTests.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        var next = 0
        var offset: Int64 = 0
        while offset <= test.lastTime {
            let time = test.start + offset
            loadSamples(through: time)
            let step = simulation.evaluate(at: time)
            if !step.faults.isEmpty {
                for fault in step.faults {
                    outcome.failures.append(
                        UnitTestFailure(.rule(name: fault.rule.name, reason: fault.reason), time: offset, place: test.place))
                }
                // Nothing that follows would mean anything.
                return
            }
            // What is expected between two evaluations is expected of the earlier one.
            while next < alertTests.count, alertTests[next].time < offset + file.evaluationInterval {
                check(alertTests[next], &outcome)
                next += 1
            }
            offset += file.evaluationInterval
        }
        for expression in test.expressionTests { check(expression, &outcome) }
    }

    private func check(_ alert: UnitTestGroup.AlertTest, _ outcome: inout UnitTestOutcome) {
        outcome.checks += 1
        var got: [FiringAlert] = []
        for group in simulation.groups {
            for (rule, state) in zip(group.group.rules, group.alerting) where rule.isAlerting && rule.name == alert.alertName {
                for instance in state.activeAlerts where instance.state == .firing {
                    got.append(FiringAlert(labels: Array(instance.labels), annotations: instance.annotations))
                }
            }
        }
        got.sort()
        let expected = alert.expected.sorted()
        if expected == got { return }
        outcome.failures.append(
            UnitTestFailure(.alerts(name: alert.alertName, expected: expected, got: got), time: alert.time, place: alert.place))
    }

    private func check(_ test: UnitTestGroup.ExpressionTest, _ outcome: inout UnitTestOutcome) {
        outcome.checks += 1
        func fail(_ kind: UnitTestFailure.Kind) {
            outcome.failures.append(UnitTestFailure(kind, time: test.time, place: test.place))
        }
        do throws(QueryError) {
            let elements = try engine.elements(
                of: try engine.parse(test.expression), at: self.test.start + test.time, simulation.source)
            let got = elements.map(ComparedSample.init).sorted { $0.labels < $1.labels }
            var expected: [ComparedSample] = []
            for sample in test.expected { expected.append(try compared(sample)) }
            expected.sort { $0.labels < $1.labels }
            let isSame =
                expected.count == got.count
                && zip(expected, got).allSatisfy { $0.isSame(as: $1, fuzzily: file.comparesFuzzily) }
            if !isSame { fail(.samples(expression: test.expression, expected: expected, got: got)) }
        } catch {
            fail(.expression(test.expression, reason: error.message))
        }
    }

    private func compared(_ sample: UnitTestGroup.Sample) throws(QueryError) -> ComparedSample {
        let parser = PromQLParser(features: .all)
        do throws(QueryError) {
            let labels = try parser.parseMetric(sample.labels)
            guard !sample.histogram.isEmpty else { return ComparedSample(labels: labels, number: sample.value, histogram: nil) }
            let points = try parser.parseSeriesDescription("{} " + sample.histogram.trimmed).points
            guard points.count == 1 else { throw QueryError(.badInput, "expected 1 value, got \(points.count)") }
            guard case .histogram(let histogram)? = points[0]?.value else {
                throw QueryError(.badInput, "expected histogram, got a number")
            }
            return ComparedSample(labels: labels, number: sample.value, histogram: histogram)
        } catch {
            throw QueryError(error.code, "labels \(quoted(sample.labels)): \(error.message)")
        }
    }
}

extension String {
    /// Without blanks and line breaks at its ends.
    fileprivate var trimmed: String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        let rest = utf8.drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(decoding: rest[...last], as: UTF8.self)
    }
}
