internal import TelemetryModel

/// A trace as a search finds it.
struct TraceSummary: Sendable, Hashable {
    struct Span: Sendable, Hashable {
        var spanID: SpanID
        var name: String
        var start: UnixNanoseconds
        /// Nanoseconds.
        var duration: UInt64
        var attributes: [Attribute]
    }

    struct ServiceStatistics: Sendable, Hashable {
        var spanCount: Int
        var errorCount: Int
    }

    var traceID: TraceID
    /// Empty where the root has not come.
    var rootService: String
    var rootName: String
    var start: UnixNanoseconds
    var durationMilliseconds: UInt64
    /// How many spans matched, of which ``spans`` are some.
    var matched: Int
    var spans: [Span]
    var services: [String: ServiceStatistics]

    var spanCount: Int { services.values.reduce(0) { $0 + $1.spanCount } }
    var errorCount: Int { services.values.reduce(0) { $0 + $1.errorCount } }

    var hasRoot: Bool { !rootService.isEmpty || !rootName.isEmpty }
}

/// An answer of Tempo's search.
struct TraceSearchReply: Decodable {
    let traces: [TraceSummary]

    private enum Key: String, CodingKey { case traces }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        traces = (try container.decodeIfPresent([WireTrace].self, forKey: .traces) ?? []).map(\.summary)
    }

    /// What Tempo writes in place of a root that it has not seen.
    private static let noRoot = "<root span not yet received>"

    private struct WireTrace: Decodable {
        struct SpanSet: Decodable {
            let spans: [WireSpan]?
            let matched: Int?
        }

        struct WireSpan: Decodable {
            let spanID: String?
            let name: String?
            let startTimeUnixNano: FlexibleUInt64?
            let durationNanos: FlexibleUInt64?
            let attributes: [WireAttribute]?
        }

        struct Statistics: Decodable {
            let spanCount: Int?
            let errorCount: Int?
        }

        let traceID: String
        let rootServiceName: String?
        let rootTraceName: String?
        let startTimeUnixNano: FlexibleUInt64?
        let durationMs: FlexibleUInt64?
        let spanSet: SpanSet?
        let spanSets: [SpanSet]?
        let serviceStats: [String: Statistics]?

        var summary: TraceSummary {
            let sets = spanSets ?? spanSet.map { [$0] } ?? []
            var seen: Set<SpanID> = []
            let spans = sets.flatMap { $0.spans ?? [] }.map { span in
                TraceSummary.Span(
                    spanID: span.spanID.flatMap { SpanID(hexadecimal: $0) } ?? .none, name: span.name ?? "",
                    start: span.startTimeUnixNano?.number ?? 0,
                    duration: span.durationNanos?.number ?? 0, attributes: (span.attributes ?? []).map(\.attribute))
            }
            return TraceSummary(
                traceID: TraceID(hexadecimal: traceID) ?? TraceID(high: 0, low: 0), rootService: TraceSearchReply.known(rootServiceName),
                rootName: rootTraceName ?? "",
                start: startTimeUnixNano?.number ?? 0, durationMilliseconds: durationMs?.number ?? 0,
                matched: sets.reduce(0) { $0 + ($1.matched ?? $1.spans?.count ?? 0) },
                spans: spans.filter { seen.insert($0.spanID).inserted },
                services: (serviceStats ?? [:]).mapValues {
                    TraceSummary.ServiceStatistics(spanCount: $0.spanCount ?? 0, errorCount: $0.errorCount ?? 0)
                })
        }
    }

    private static func known(_ service: String?) -> String { service == noRoot ? "" : service ?? "" }
}
