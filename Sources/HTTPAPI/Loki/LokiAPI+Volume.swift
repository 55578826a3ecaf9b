internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// How much there is: of a selection as a whole, by streams, by labels, by time.
extension LokiAPI {
    func indexStatistics(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.orderedLogRange(now: environment.now())
        let matchers = try matchers(parameters)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.statistics, parameters["query"] ?? "", in: range)) { budget, _ in
            let statistics = try engine.statistics(matchers, start: range.start, end: range.end, source: source, budget: budget)
            var writer = JSONWriter()
            writer.value(statistics)
            return .json(writer)
        }
    }

    /// How a query may be cut to be answered in parts: there is one part, since queries use all processors by themselves.
    func indexShards(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.orderedLogRange(now: environment.now())
        let query = try parser.parse(parameters["query"] ?? "")
        guard case .logs(let selector) = query.root else { throw QueryError(.badInput, "only a selector with a pipeline can be cut") }
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.statistics, query.text, in: range)) { budget, _ in
            let statistics = try engine.statistics(
                selector.matchers, start: range.start, end: range.end, source: source, budget: budget)
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("shards")
            writer.beginArray()
            writer.beginObject()
            writer.name("bounds")
            writer.beginObject()
            writer.member("min", 0)
            writer.name("max")
            writer.value(UInt64.max)
            writer.endObject()
            writer.name("stats")
            writer.value(statistics)
            writer.endObject()
            writer.endArray()
            writer.endObject()
            return .json(writer)
        }
    }

    /// The bytes of each stream, or label, in a range; those with most bytes first.
    func volume(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.orderedLogRange(now: environment.now())
        let options = try volumeOptions(parameters, range)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.volume, parameters["query"] ?? "", in: range)) { budget, _ in
            let volumes = try engine.volume(options, source: source, budget: budget)
            return LokiAPI.volumeReply(
                .vector(
                    volumes.map { VectorSample(labels: $0.labels, timestamp: range.end / 1_000_000, value: .float(Double($0.bytes))) }))
        }
    }

    /// The same at every step of a range.
    func volumeRange(_ call: APICall) async throws -> APIReply {
        let parameters = try await call.parameters()
        let range = try parameters.orderedLogRange(now: environment.now())
        let step = try parameters.logStep(range)
        let options = try volumeOptions(parameters, range)
        let (engine, source) = (environment.engine, environment.source)
        return try await environment.answer(call, .init(.volume, parameters["query"] ?? "", in: range)) { budget, _ in
            LokiAPI.volumeReply(.matrix(try engine.volumeRange(options, stepNanoseconds: step, source: source, budget: budget)))
        }
    }

    private func volumeOptions(_ parameters: FormParameters, _ range: LogRange) throws -> VolumeOptions {
        // Unlike elsewhere, 0 is the usual limit here.
        let limit = parameters["limit"] == "0" ? 100 : try parameters.logLimit()
        let targets = parameters["targetLabels"].map { $0.split(separator: ",").map(String.init) } ?? []
        let aggregation: VolumeOptions.Aggregation
        switch parameters["aggregateBy"] ?? "series" {
        case "series": aggregation = .series
        case "labels": aggregation = .labels
        default: throw APIFailure(.badData, "invalid aggregation option")
        }
        return VolumeOptions(
            matchers: try matchers(parameters), start: range.start, end: range.end, limit: limit, targetLabels: targets,
            aggregation: aggregation)
    }

    private static func volumeReply(_ value: QueryValue) -> APIReply {
        .success { writer in
            writer.beginObject()
            writer.queryResult(value)
            writer.endObject()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ statistics: IndexStatistics) {
        beginObject()
        member("streams", statistics.streams)
        member("chunks", statistics.chunks)
        member("bytes", statistics.bytes)
        member("entries", statistics.entries)
        endObject()
    }
}
