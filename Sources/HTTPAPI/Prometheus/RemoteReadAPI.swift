internal import ByteCoding
internal import Compression
internal import HTTPTypes
internal import LabelMatching
internal import LinearRegex
internal import NIOCore
public import PerchMetrics
public import PromQL
internal import QueryModel
internal import RemoteReadFormat
internal import Synchronization
public import TelemetryModel

/// `/api/v1/read`: Prometheus' remote read, as one message of samples or as a stream of chunks.
public final class RemoteReadAPI: HTTPEndpoints {
    /// What one request and all of them together may take; the defaults are those of Prometheus.
    public struct Limits: Sendable, Hashable {
        /// `--storage.remote.read-sample-limit`: samples of one answer that is not streamed; 0 for any number.
        public var samplesMax = 50_000_000
        /// `--storage.remote.read-concurrent-limit`: requests that are worked on at once; 0 for any number.
        public var concurrency = 10
        /// `--storage.remote.read-max-bytes-in-frame`: a frame of a stream ends with the chunk that reaches it.
        public var frameBytesMax = 1 << 20
        /// Bytes of an answer that is not streamed, before compression; it is made in memory.
        public var answerBytesMax = 1 << 30

        public init() {}
    }

    /// Bytes of a request, as sent and uncompressed.
    private static let bodyBytesMax = 4 << 20
    private static let requestBytesMax = 32 << 20
    /// Bytes of a stream that are made at a time.
    private static let pieceBytes = 256 << 10

    private let source: any SeriesSource
    private let limits: Limits
    private let timeoutMilliseconds: Int64
    private let externalLabels: @Sendable () -> LabelSet
    private let pool: WorkPool
    private let samples: Counter

    /// - Parameter externalLabels: what the collector adds to data that leaves it; asked for each request.
    public init(
        source: any SeriesSource, limits: Limits = Limits(), timeoutMilliseconds: Int64 = 120_000, metrics: MetricRegistry,
        externalLabels: @escaping @Sendable () -> LabelSet
    ) {
        self.source = source
        self.limits = limits
        self.timeoutMilliseconds = timeoutMilliseconds
        self.externalLabels = externalLabels
        pool = WorkPool(
            name: "remote_read", concurrency: limits.concurrency > 0 ? limits.concurrency : 64, samplesMax: .max, metrics: metrics)
        samples = metrics.counter("perch_remote_read_samples_total", help: "Samples given to others by remote read.")
    }

    /// Ends the threads once what was begun is answered.
    public func shutdown() async throws { try await pool.shutdown() }

    public func addRoutes(to routes: inout Routes) { routes.on("/api/v1/read", .post) { [self] call in try await read(call) } }

    private func read(_ call: APICall) async throws -> APIReply {
        let body = try await call.body(limit: Self.bodyBytesMax)
        let request: RemoteReadRequest
        let queries: [ReadQuery]
        let external = externalLabels()
        do {
            var message: [UInt8] = []
            try body.withUnsafeReadableBytes { bytes in
                try Codec.snappyBlock.decompress(bytes, limit: Self.requestBytesMax, into: &message)
            }
            request = try RemoteReadRequest(message)
            queries = try request.queries.map { try ReadQuery($0, external) }
        } catch {
            return .text("\(error)\n", status: .badRequest)
        }
        let reader = ReadCursor(source: source, queries: queries, externalLabels: external)
        do {
            switch request.responseType {
            case .samples: return try await readSamples(reader, call)
            case .streamedChunks: return try await readChunks(reader, call)
            case nil: return .text("none of the accepted response types is supported: SAMPLES, STREAMED_XOR_CHUNKS\n", status: .badRequest)
            }
        } catch let refusal as ReadRefusal {
            return .text(refusal.message + "\n", status: .badRequest)
        } catch let error as QueryError {
            return .text(error.message + "\n", status: APIFailure(error).status)
        }
    }

    /// Why an answer is not given as a whole.
    private struct ReadRefusal: Error {
        var message: String
    }

    private func readSamples(_ reader: ReadCursor, _ call: APICall) async throws -> APIReply {
        let body = try await pool.run(timeout: .milliseconds(timeoutMilliseconds), channel: call.channel) {
            [limits, samples] budget, _ in
            var answer = RemoteReadSamples()
            var count = 0
            var query = 0
            while let series = try reader.next(budget) {
                while query < series.query {
                    answer.endResult()
                    query += 1
                }
                count += series.columns.count
                if limits.samplesMax > 0, count > limits.samplesMax {
                    throw ReadRefusal(message: "exceeded sample limit (\(limits.samplesMax))")
                }
                answer.append(series.labels, series.columns)
                if answer.bytes.count > limits.answerBytesMax {
                    throw ReadRefusal(
                        message: "the answer has more than \(limits.answerBytesMax) bytes; streamed chunks have no such limit")
                }
            }
            while query < reader.queryCount {
                answer.endResult()
                query += 1
            }
            samples.increment(by: count)
            return try Codec.snappyBlock.compress(answer.bytes)
        }
        var reply = APIReply(contentType: "application/x-protobuf", body: [ByteBuffer(bytes: body)])
        reply.headers[.contentEncoding] = "snappy"
        return reply
    }

    private func readChunks(_ reader: ReadCursor, _ call: APICall) async throws -> APIReply {
        let channel = call.channel
        let piece: @Sendable () async throws -> [UInt8]? = { [pool, limits, samples, timeoutMilliseconds] in
            try await pool.run(timeout: .milliseconds(timeoutMilliseconds), channel: channel) { budget, _ in
                var frames: [UInt8] = []
                while frames.count < Self.pieceBytes, let series = try reader.next(budget) {
                    samples.increment(by: series.columns.count)
                    ChunkedReadFrames.append(
                        series.labels, SampleChunk.chunks(of: series.columns), query: series.query, bytesMax: limits.frameBytesMax,
                        to: &frames)
                }
                return frames.isEmpty ? nil : frames
            }
        }
        // What is wrong from the beginning is said by a status.
        let first = Mutex<[UInt8]?>(try await piece())
        var reply = APIReply(
            TransferStream(contentType: ChunkedReadFrames.contentType) {
                let begun = first.withLock { first in
                    defer { first = nil }
                    return first
                }
                if let begun { return begun }
                return try await piece()
            })
        reply.headers[.contentType] = ChunkedReadFrames.contentType
        return reply
    }
}

/// One query of a remote read, ready to be asked.
private struct ReadQuery: Sendable {
    let range: TimeRange
    let matchers: [LabelMatcher]

    init(_ query: RemoteReadRequest.Query, _ externalLabels: LabelSet) throws(LinearPatternError) {
        range = TimeRange(start: query.start, end: query.end)
        matchers = try query.matchers.map { (matcher) throws(LinearPatternError) in
            // External labels are added to the answer and are on no stored series.
            if matcher.operator == .equal, externalLabels[matcher.name] ?? "" == matcher.value {
                return LabelMatcher(matcher.name, equals: "")
            }
            let sign: LabelMatcher.Operator =
                switch matcher.operator {
                case .equal: .equal
                case .notEqual: .notEqual
                case .matches: .matches
                case .matchesNot: .notMatches
                }
            return try LabelMatcher(matcher.name, sign, matcher.value)
        }
    }
}

/// Goes through the series of queries one after the other. Used by one thread at a time.
private final class ReadCursor: Sendable {
    struct Series: Sendable {
        var query: Int
        var labels: LabelSet
        var columns: SampleColumns
    }

    private struct State: Sendable {
        var query = -1
        var selected: (any SelectedSeries)?
        /// Series of the present query in the order of their labels.
        var order: [(labels: LabelSet, index: Int)] = []
        var next = 0
    }

    private let source: any SeriesSource
    private let queries: [ReadQuery]
    private let externalLabels: LabelSet
    private let state = Mutex(State())

    init(source: any SeriesSource, queries: [ReadQuery], externalLabels: LabelSet) {
        self.source = source
        self.queries = queries
        self.externalLabels = externalLabels
    }

    var queryCount: Int { queries.count }

    /// The next series that has samples; nil behind the last.
    func next(_ budget: QueryBudget) throws(QueryError) -> Series? {
        let result = state.withLock { state in
            Result { () throws(QueryError) in try self.next(budget, &state) }
        }
        return try result.get()
    }

    private func next(_ budget: QueryBudget, _ state: inout State) throws(QueryError) -> Series? {
        var columns = SampleColumns()
        while true {
            guard let selected = state.selected, state.next < state.order.count else {
                guard try beginQuery(budget, &state) else { return nil }
                continue
            }
            try budget.check()
            let (labels, index) = state.order[state.next]
            state.next += 1
            try selected.read(index, into: &columns)
            if !columns.isEmpty { return Series(query: state.query, labels: labels, columns: columns) }
        }
    }

    private func beginQuery(_ budget: QueryBudget, _ state: inout State) throws(QueryError) -> Bool {
        state.selected = nil
        state.query += 1
        guard state.query < queries.count else {
            state.query = queries.count
            return false
        }
        let query = queries[state.query]
        state.next = 0
        state.order = []
        guard query.range.start <= query.range.end else { return true }
        let selected = try source.select(query.matchers, in: query.range, for: nil, budget: budget)
        state.selected = selected
        state.order = (0..<selected.count).map { (withExternal(selected.labels(at: $0)), $0) }
        state.order.sort { $0.labels < $1.labels }
        return true
    }

    /// The labels with the external ones added; what a series has itself stays.
    private func withExternal(_ labels: LabelSet) -> LabelSet {
        if externalLabels.isEmpty { return labels }
        var builder = LabelSetBuilder(labels)
        for label in externalLabels where builder[label.name].isEmpty { builder.set(label.name, label.value) }
        return builder.build()
    }
}
