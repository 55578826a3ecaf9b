internal import QueryModel
internal import TelemetryModel
internal import TraceQL

extension TempoAPI {
    /// What an answer says that leaves series out.
    static let truncatedMessage = "there are more series than the answer may have; the others are left out"

    /// A metrics query at every step of a range.
    func metricsRange(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = try metricsQuery(parameters)
        var options = MetricsOptions(range: try parameters.metricsRange(now: environment.now()))
        options.step = try parameters.metricsStep() ?? 0
        if options.step == 0 { options.step = TraceQLEngine.defaultStep(for: options.range) }
        let length = options.range.end - options.range.start
        if length / options.step > limits.samplesPerSeriesMax {
            throw APIFailure(
                .badData,
                "step of \(options.step) ns is too small, minimum step for given range is \(length / limits.samplesPerSeriesMax + 1) ns")
        }
        limitAnswer(&options, parameters)
        let format = TempoFormat(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.range, text, in: options.range)) { [options] budget, cost in
            let result = try engine.metricsRange(try engine.parse(text), options, source: source, budget: budget)
            cost.note(result.statistics)
            if format == .protobuf { return TempoFormat.reply(protobuf: TempoMessages.queryRange(result)) }
            var writer = JSONWriter()
            writer.queryRangeResponse(result)
            return .json(writer)
        }
    }

    /// A metrics query over a range as a whole.
    func metricsInstant(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let text = try metricsQuery(parameters)
        var options = MetricsOptions(range: try parameters.metricsRange(now: environment.now()))
        limitAnswer(&options, parameters)
        let format = TempoFormat(call.headers)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.instant, text, in: options.range)) { [options] budget, cost in
            let result = try engine.metricsInstant(try engine.parse(text), options, source: source, budget: budget)
            cost.note(result.statistics)
            if format == .protobuf { return TempoFormat.reply(protobuf: TempoMessages.queryInstant(result)) }
            var writer = JSONWriter()
            writer.queryInstantResponse(result)
            return .json(writer)
        }
    }

    private func metricsQuery(_ parameters: FormParameters) throws -> String {
        let text = parameters["q"] ?? parameters["query"] ?? ""
        try checkLength(text)
        return text
    }

    /// Numbers that cannot be read say nothing here, as in Tempo; 0 is no number of exemplars either, but leaves the choice.
    private func limitAnswer(_ options: inout MetricsOptions, _ parameters: FormParameters) {
        if let exemplars = parameters["exemplars"].flatMap({ UInt32($0) }), exemplars > 0 {
            options.exemplarsMax = min(options.exemplarsMax, Int(exemplars))
        }
        if let series = parameters["maxSeries"].flatMap({ UInt32($0) }), series > 0 {
            options.seriesMax = min(options.seriesMax, Int(series))
        }
    }
}

extension JSONWriter {
    /// `tempopb.QueryRangeResponse`.
    mutating func queryRangeResponse(_ result: MetricsResult) {
        beginObject()
        name("series")
        beginArray()
        for series in result.series {
            beginObject()
            name("labels")
            keyValues(series.labels)
            name("samples")
            beginArray()
            for sample in series.samples {
                beginObject()
                metricSample(sample.timestamp, sample.value)
                endObject()
            }
            endArray()
            if !series.exemplars.isEmpty {
                name("exemplars")
                beginArray()
                for exemplar in series.exemplars {
                    beginObject()
                    name("labels")
                    keyValues(exemplar.labels)
                    metricSample(exemplar.timestamp, exemplar.value)
                    endObject()
                }
                endArray()
            }
            endObject()
        }
        endArray()
        metricsEnd(result)
    }

    /// `tempopb.QueryInstantResponse`. Its readers are strict: a member that the message does not have fails the whole answer.
    mutating func queryInstantResponse(_ result: MetricsResult) {
        beginObject()
        name("series")
        beginArray()
        for series in result.series {
            guard let sample = series.samples.first else { continue }
            beginObject()
            name("labels")
            keyValues(series.labels)
            name("value")
            protobufDouble(sample.value)
            endObject()
        }
        endArray()
        metricsEnd(result)
    }

    private mutating func metricSample(_ timestamp: Timestamp, _ value: Double) {
        name("timestampMs")
        quotedInteger(timestamp)
        name("value")
        protobufDouble(value)
    }

    private mutating func metricsEnd(_ result: MetricsResult) {
        name("metrics")
        searchMetrics(result.statistics)
        if result.isTruncated {
            member("status", "PARTIAL")
            member("message", TempoAPI.truncatedMessage)
        }
        endObject()
    }
}
