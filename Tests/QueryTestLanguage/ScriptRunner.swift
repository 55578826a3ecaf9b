internal import LinearRegex
public import PromQL
internal import QueryModel
internal import TelemetryModel

/// Runs scripts against an engine over series in memory.
public struct ScriptRunner {
    /// One evaluation that did not come out as expected.
    public struct Failure: Sendable, CustomStringConvertible {
        public var line: Int
        public var query: String
        public var reason: String
        public var description: String { "line \(line): \(query)\n    \(reason)" }
    }

    /// How a script went.
    public struct Outcome: Sendable {
        public var evaluations = 0
        public var failures: [Failure] = []
    }

    private let engine: QueryEngine
    private var source = MemorySource()

    public init(engine: QueryEngine) { self.engine = engine }

    public mutating func run(_ script: TestScript) -> Outcome {
        var outcome = Outcome()
        for command in script.commands {
            switch command {
            case .clear: source.clear()
            case .load(let load): source.load(load)
            case .evaluate(let evaluate):
                outcome.evaluations += 1
                if let reason = check(evaluate) {
                    outcome.failures.append(Failure(line: evaluate.line, query: evaluate.query, reason: reason))
                }
            }
        }
        return outcome
    }

    private func evaluate(_ query: String, _ times: QueryTimes) throws(QueryError) -> QueryAnswer {
        let evaluationTimes: EvaluationTimes =
            switch times {
            case .instant(let time): .instant(time)
            case .range(let start, let end, let step): .range(start: start, end: end, stepMilliseconds: step)
            }
        return try engine.evaluate(
            try engine.parse(query), times: evaluationTimes, source: source, budget: QueryBudget())
    }

    /// Evaluates one command. nil where all is as expected, else what is wrong.
    private func check(_ command: EvaluateCommand) -> String? {
        let answer: QueryAnswer
        do {
            answer = try evaluate(command.query, command.times)
        } catch {
            guard command.fails else { return "failed: \(error.message)" }
            for expectation in command.expectations where expectation.kind == .fail {
                if !expectation.matches(error.message) { return "failed with \"\(error.message)\" instead of \(expectation.match)" }
            }
            return nil
        }
        if command.fails { return "did not fail" }
        if let wrong = AnnotationCheck(command, answer.annotations).wrong { return wrong }
        if let wrong = AnswerComparison(command).wrong(answer.value) { return wrong }
        return checkAsRange(command, answer)
    }

    /// An instant query must give the same as the middle step of a range query.
    private func checkAsRange(_ command: EvaluateCommand, _ answer: QueryAnswer) -> String? {
        switch answer.value {
        case .scalar, .vector: break
        case .string, .matrix: return nil
        }
        guard case .instant(let time) = command.times, !command.isOrdered,
            !["start()", "end()", "range()", "step()"].contains(where: { command.query.contains($0) })
        else { return nil }
        let rangeAnswer: QueryAnswer
        do {
            rangeAnswer = try evaluate(command.query, .range(start: time - 60_000, end: time + 60_000, step: 60_000))
        } catch {
            // The neighbouring steps may be wrong where the middle is not; the type may not allow it.
            return "failed as range query: \(error.message)"
        }
        guard case .matrix(let matrix) = rangeAnswer.value else { return "a range query did not give a matrix" }
        let samples = matrix.compactMap { series -> VectorSample? in
            series.samples.value(at: time).map { VectorSample(labels: series.labels, timestamp: time, value: $0) }
        }
        if case .scalar = answer.value {
            guard samples.count == 1, case .float(let value) = samples[0].value else { return "as range query: no scalar" }
            return AnswerComparison(command).wrong(.scalar(Sample(timestamp: time, value: value))).map { "as range query: " + $0 }
        }
        return AnswerComparison(command).wrong(.vector(samples)).map { "as range query: " + $0 }
    }
}

extension Expectation {
    func matches(_ text: String) -> Bool {
        switch match {
        case .any: return true
        case .text(let wanted): return text == wanted
        case .pattern(let pattern):
            guard let compiled = try? LinearPattern(pattern, anchored: false) else { return false }
            var text = text
            return text.withUTF8 { compiled.matches(UnsafeRawBufferPointer($0)) }
        }
    }
}

extension SampleColumns {
    func value(at time: Timestamp) -> PointValue? {
        if let index = timestamps.firstIndex(of: time) { return .float(values[index]) }
        return histograms.first { $0.timestamp == time }.map { .histogram($0.histogram) }
    }
}

/// Compares annotations with the `expect` lines.
private struct AnnotationCheck {
    let wrong: String?

    init(_ command: EvaluateCommand, _ annotations: QueryAnnotations) {
        func rendered(_ severity: QueryAnnotation.Severity) -> [String] {
            annotations.all.filter { $0.severity == severity }.map { annotation in
                guard let range = annotation.range else { return annotation.message }
                return annotation.message + " (" + position(range.start, in: command.query) + ")"
            }
        }
        wrong =
            AnnotationCheck.wrong(command, .warn, .noWarn, rendered(.warning))
            ?? AnnotationCheck.wrong(command, .info, .noInfo, rendered(.info))
    }

    private static func wrong(
        _ command: EvaluateCommand, _ kind: Expectation.Kind, _ none: Expectation.Kind, _ texts: [String]
    ) -> String? {
        if command.expectations.contains(where: { $0.kind == none }), !texts.isEmpty { return "unexpected annotations: \(texts)" }
        let wanted = command.expectations.filter { $0.kind == kind }
        if wanted.isEmpty { return nil }
        for expectation in wanted where !texts.contains(where: expectation.matches) {
            return "expected annotation \(expectation.match), got \(texts)"
        }
        for text in texts where !wanted.contains(where: { $0.matches(text) }) { return "unexpected annotation \(text)" }
        return nil
    }
}

/// Line and column of an offset, both from 1.
private func position(_ offset: Int, in text: String) -> String {
    var (line, column) = (1, 1)
    for byte in text.utf8.prefix(offset) {
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
    return "\(line):\(column)"
}
