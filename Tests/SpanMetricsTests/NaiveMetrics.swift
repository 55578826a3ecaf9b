internal import TelemetryModel

@testable internal import SpanMetrics

/// The same metrics made in the simplest way: strings, dictionaries, one span after the other.
struct NaiveMetrics {
    struct Waiting {
        var trace: UInt64
        var span: UInt64
        var since: Timestamp
        var client: String?
        var server: String?
        var peer: String?
        var type = ""
        var failed = false
        var clientSeconds = 0.0
        var serverSeconds = 0.0
    }

    var counters: [String: Double] = [:]
    private var waiting: [Waiting] = []
    private let wait: Timestamp
    private let bounds: [Double]
    private let graphBounds: [Double]

    init(wait: Timestamp, bounds: [Double], graphBounds: [Double]) {
        self.wait = wait
        self.bounds = bounds
        self.graphBounds = graphBounds
    }

    private mutating func add(_ name: String, _ labels: [String: String], _ amount: Double) {
        let text = labels.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(
            separator: ", ")
        counters[text.isEmpty ? name : "\(name){\(text)}", default: 0] += amount
    }

    private mutating func record(_ name: String, _ labels: [String: String], _ value: Double, _ bounds: [Double]) {
        add(name + "_count", labels, 1)
        add(name + "_sum", labels, value)
        for bound in bounds { add(name + "_bucket", labels.merging(["le": FloatText.fixed(bound)]) { $1 }, value <= bound ? 1 : 0) }
        add(name + "_bucket", labels.merging(["le": "+Inf"]) { $1 }, 1)
    }

    mutating func observe(_ batch: SpanBatch, now: Timestamp) {
        for span in batch.spans {
            let service = batch.resources[span.resource].serviceName ?? ""
            let seconds = Double(span.duration) / 1e9
            let labels = [
                "service": service, "span_name": span.name, "span_kind": SpanWord.kind(span.kind),
                "status_code": SpanWord.status(span.statusCode),
            ]
            add("traces_spanmetrics_calls_total", labels, 1)
            record("traces_spanmetrics_latency", labels, seconds, bounds)
            observeEdge(span, service, seconds, now)
        }
    }

    private mutating func observeEdge(_ span: SpanRecord, _ service: String, _ seconds: Double, _ now: Timestamp) {
        let isClient = span.kind == .client || span.kind == .producer
        guard isClient || span.kind == .server || span.kind == .consumer else { return }
        let id = isClient ? span.spanID.bits : span.parentSpanID.bits
        let index = id == 0 ? nil : waiting.firstIndex { $0.trace == span.traceID.low && $0.span == id }
        var edge = index.map { waiting[$0] } ?? Waiting(trace: span.traceID.low, span: id, since: now)
        edge.failed = edge.failed || span.statusCode == .error
        edge.type = span.kind == .producer || span.kind == .consumer ? "messaging_system" : ""
        let text = { (key: String) -> String? in
            if case .string(let value)? = span.attributes[key: key] { value } else { nil }
        }
        if let peer = text("peer.service") ?? text("db.name") { edge.peer = peer }
        if isClient {
            edge.client = service
            edge.clientSeconds = seconds
            if let database = text("db.name") {
                edge.type = "database"
                edge.server = text("peer.service") ?? database
                edge.serverSeconds = seconds
            }
        } else {
            edge.server = service
            edge.serverSeconds = seconds
        }
        if let index { waiting.remove(at: index) }
        if edge.client != nil, edge.server != nil {
            complete(edge)
        } else if id == 0 {
            edge.client = edge.peer ?? "user"
            edge.type = "virtual_node"
            complete(edge)
        } else if let index {
            waiting.insert(edge, at: index)
        } else {
            waiting.append(edge)
        }
    }

    private mutating func complete(_ edge: Waiting) {
        let labels = ["client": edge.client ?? "", "server": edge.server ?? "", "connection_type": edge.type]
        add("traces_service_graph_request_total", labels, 1)
        if edge.failed { add("traces_service_graph_request_failed_total", labels, 1) }
        record("traces_service_graph_request_server_seconds", labels, edge.serverSeconds, graphBounds)
        record("traces_service_graph_request_client_seconds", labels, edge.clientSeconds, graphBounds)
    }

    mutating func expire(now: Timestamp) {
        let due = waiting.filter { now - $0.since >= wait }
        waiting.removeAll { now - $0.since >= wait }
        for var edge in due {
            if edge.client != nil, let peer = edge.peer {
                edge.server = peer
                edge.type = "virtual_node"
                complete(edge)
            } else {
                let labels = ["client": edge.client ?? "", "server": edge.server ?? "", "connection_type": edge.type]
                add("traces_service_graph_unpaired_spans_total", labels, 1)
            }
        }
    }
}
