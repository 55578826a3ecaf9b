internal import QueryModel
internal import TelemetryModel

/// One search over the tables of a source.
struct SearchEvaluation: Sendable {
    let stages: [PipelineStage]
    let options: SearchOptions
    let isMostRecent: Bool
    let budget: QueryBudget
    let threads: Int

    /// A trace that was found, before it is known whether it is answered.
    private struct Candidate {
        var trace: Int
        var start: UInt64
        var sets: [SpanSet]
    }

    /// What one table gives.
    private struct TableAnswer: Sendable {
        var traces: [TraceSummary] = []
        /// Of those of them that lack a parent or their root, when they ended.
        var incomplete: [TraceID: UnixNanoseconds] = [:]
        var statistics = TraceQueryStatistics()
    }

    func run(_ source: any SpanSource) throws(QueryError) -> SearchResult {
        let tables = try source.tables(in: options.range, budget: budget)
        var result = SearchResult()
        result.statistics.tableCount = tables.count
        result.statistics.tableBytes = tables.reduce(0) { $0 + $1.storedBytes }
        let limit = options.tracesMax
        if limit <= 0 { return result }
        let plan = PipelinePlan(stages)
        var incomplete: [TraceID: UnixNanoseconds] = [:]
        try TableScheduler(tables: tables, threads: threads).forEach { table throws(QueryError) in
            try search(table, plan)
        } merge: { answer throws(QueryError) in
            result.statistics.add(answer.statistics)
            result.traces += answer.traces
            incomplete.merge(answer.incomplete) { max($0, $1) }
            if isMostRecent, result.traces.count > limit * 4 { keepNewest(&result.traces) }
            return isMostRecent || result.traces.count < limit
        }
        keepNewest(&result.traces)
        try joinScattered(&result, incomplete, source, plan)
        return result
    }

    /// Looks once more at traces of which parts may lie far apart: each becomes one, whole, or goes where as a whole it does not match.
    private func joinScattered(
        _ result: inout SearchResult, _ incomplete: [TraceID: UnixNanoseconds], _ source: any SpanSource, _ plan: PipelinePlan
    ) throws(QueryError) {
        var ends: [TraceID: UnixNanoseconds] = [:]
        var seen: Set<TraceID> = []
        for trace in result.traces {
            if let end = incomplete[trace.traceID] { ends[trace.traceID] = end }
            if !seen.insert(trace.traceID).inserted { ends[trace.traceID] = 0 }
        }
        guard !ends.isEmpty, let table = try source.scatteredTraces(ends, in: options.range, budget: budget) else { return }
        let whole = Set(try table.frame(budget: budget).traceIDs)
        let answer = try search(table, plan)
        result.statistics.add(answer.statistics)
        result.traces.removeAll { whole.contains($0.traceID) }
        result.traces += answer.traces
        keepNewest(&result.traces)
    }

    private func keepNewest(_ traces: inout [TraceSummary]) {
        traces.sort { $0.start > $1.start }
        if traces.count > options.tracesMax { traces.removeLast(traces.count - options.tracesMax) }
    }

    private func search(_ table: any SpanTable, _ plan: PipelinePlan) throws(QueryError) -> TableAnswer {
        let reader = TableReader(table, budget: budget)
        var answer = TableAnswer()
        if try !TableSkipping(reader).mayHold(plan) { return answer }
        try reader.open()
        answer.statistics.inspectedTables = 1
        answer.statistics.inspectedBytes = table.storedBytes
        answer.statistics.inspectedSpans = reader.rowCount
        answer.statistics.inspectedTraces = reader.traceCount
        let sets = try PipelineEvaluator(reader).run(plan)
        if sets.isEmpty { return answer }
        var candidates = self.candidates(sets, reader)
        candidates.sort { $0.start > $1.start }
        let chosen = candidates.prefix(options.tracesMax)
        if chosen.isEmpty { return answer }
        let writer = try SummaryWriter(reader, NamedFields(stages), spansMax: options.spansPerSpanSet)
        for candidate in chosen {
            let summary = writer.summary(ofTrace: candidate.trace, candidate.sets)
            answer.traces.append(summary)
            if reader.isIncomplete(candidate.trace) { answer.incomplete[summary.traceID] = summary.start + summary.duration }
        }
        return answer
    }

    /// The traces that overlap the range asked for.
    private func candidates(_ sets: SpanSets, _ reader: TableReader) -> [Candidate] {
        var candidates: [Candidate] = []
        func add(_ trace: Int, _ sets: [SpanSet]) {
            let extent = reader.extent(ofTrace: trace)
            guard extent.start <= options.range.end, extent.end >= options.range.start else { return }
            candidates.append(Candidate(trace: trace, start: extent.start, sets: sets))
        }
        switch sets {
        case .list(let list):
            var next = 0
            while next < list.count {
                let trace = list[next].trace
                let first = next
                while next < list.count, list[next].trace == trace { next += 1 }
                add(trace, Array(list[first..<next]))
            }
        case .mask(let rows):
            // Rows are gathered for the newest traces only.
            var next = rows.first(in: 0..<rows.rowCount)
            var trace = 0
            while let row = next {
                while Int(reader.frame.traceStarts[trace + 1]) <= row { trace += 1 }
                add(trace, [])
                next = rows.first(in: reader.rows(ofTrace: trace).upperBound..<rows.rowCount)
            }
            candidates.sort { $0.start > $1.start }
            if candidates.count > options.tracesMax { candidates.removeLast(candidates.count - options.tracesMax) }
            for index in candidates.indices {
                let trace = candidates[index].trace
                candidates[index].sets = [SpanSet(trace: trace, rows: rows.rows(in: reader.rows(ofTrace: trace)))]
            }
        }
        return candidates
    }
}
