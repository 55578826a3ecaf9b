internal import GraphImage
internal import TelemetryModel

/// Which services call which, as the metrics say that are made from spans (`traces_service_graph_…`).
struct ServiceGraph: Sendable, Hashable {
    /// Calls from one service to another, or to something that sends no spans itself.
    struct Edge: Sendable, Hashable {
        var client: String
        var server: String
        /// Nothing for calls between services, else `database`, `messaging_system`, `virtual_node`.
        var connection: String
        /// Calls a second.
        var rate = 0.0
        /// Failed calls a second.
        var failedRate = 0.0
        /// Seconds; nil where they are not known.
        var median: Double?
        var percentile95: Double?

        /// The part of the calls that failed.
        var errorShare: Double { rate > 0 ? min(1, failedRate / rate) : 0 }
    }

    /// Most calls first.
    var edges: [Edge]

    // MARK: Queries

    /// The questions that the graph is put together from.
    enum Question: CaseIterable, Sendable {
        case rate, failedRate, median, percentile95, clientMedian, clientPercentile95

        private static let edge = "client, server, connection_type"

        /// - Parameter range: a duration of PromQL.
        func expression(range: String) -> String {
            switch self {
            case .rate: "sum by (\(Question.edge)) (rate(traces_service_graph_request_total[\(range)])) > 0"
            case .failedRate: "sum by (\(Question.edge)) (rate(traces_service_graph_request_failed_total[\(range)])) > 0"
            case .median: Question.quantile(0.5, "server", range)
            case .percentile95: Question.quantile(0.95, "server", range)
            case .clientMedian: Question.quantile(0.5, "client", range)
            case .clientPercentile95: Question.quantile(0.95, "client", range)
            }
        }

        /// From buckets, or from native histograms where there are no buckets.
        private static func quantile(_ quantile: Double, _ side: String, _ range: String) -> String {
            let name = "traces_service_graph_request_\(side)_seconds"
            return "histogram_quantile(\(quantile), sum by (\(edge), le) (rate(\(name)_bucket[\(range)])))"
                + " or histogram_quantile(\(quantile), sum by (\(edge)) (rate(\(name)[\(range)])))"
        }
    }

    /// - Parameter answers: the vector that answers each question.
    init(_ answers: [Question: [QueryReply.Element]]) {
        struct Key: Hashable {
            var client: String
            var server: String
            var connection: String

            init(_ labels: LabelSet) {
                client = labels["client"] ?? ""
                server = labels["server"] ?? ""
                connection = labels["connection_type"] ?? ""
            }
        }
        var edges: [Key: Edge] = [:]
        for element in answers[.rate] ?? [] {
            let key = Key(element.labels)
            edges[key] = Edge(client: key.client, server: key.server, connection: key.connection, rate: element.point.value.number)
        }
        for element in answers[.failedRate] ?? [] { edges[Key(element.labels)]?.failedRate = element.point.value.number }
        /// Of the server's own times where it has some; of a database, which has none, the client's.
        func fill(_ question: Question, _ other: Question, _ field: WritableKeyPath<Edge, Double?>) {
            for question in [other, question] {
                for element in answers[question] ?? [] {
                    let value = element.point.value.number
                    guard value.isFinite, value > 0 || question == other else { continue }
                    edges[Key(element.labels)]?[keyPath: field] = value
                }
            }
        }
        fill(.median, .clientMedian, \.median)
        fill(.percentile95, .clientPercentile95, \.percentile95)
        self.edges = edges.values.sorted { ($1.rate, $0.client, $0.server, $0.connection) < ($0.rate, $1.client, $1.server, $1.connection) }
    }
}

/// A service graph as table, JSON, or a drawing for Graphviz.
struct ServiceGraphRenderer: Sendable {
    let terminal: Terminal

    func table(_ graph: ServiceGraph) -> String {
        if graph.edges.isEmpty { return "" }
        let shown = ShownText(for: terminal)
        let hasKinds = graph.edges.contains { !$0.connection.isEmpty }
        var columns: [TextTable.Column] = [.init(title: "CLIENT"), .init(title: "SERVER")]
        if hasKinds { columns.append(.init(title: "KIND")) }
        columns += ["CALLS/S", "ERRORS", "P50", "P95"].map { .init(title: $0, alignment: .trailing) }
        var table = TextTable(columns)
        let nameWidth = terminal.isWindow ? max(12, (terminal.width - 36 - (hasKinds ? 18 : 0)) / 2) : .max
        for edge in graph.edges {
            var row = [edge.client, edge.server].map { truncated(shown($0), to: nameWidth, hasUnicode: terminal.hasUnicode) }
            if hasKinds { row.append(shown(edge.connection)) }
            row += [
                QuantityUnit.none.text(edge.rate), ServiceGraphRenderer.percent(edge.errorShare), seconds(edge.median),
                seconds(edge.percentile95),
            ]
            table.add(row)
        }
        return table.rendered()
    }

    private static func percent(_ share: Double) -> String { share == 0 ? "0%" : share < 0.001 ? "<0.1%" : QuantityUnit.ratio.text(share) }

    private func seconds(_ value: Double?) -> String {
        value.map { SpanTime(for: terminal).duration(UInt64(max(0, min($0, 1e9)) * 1e9)) } ?? "-"
    }

    /// One line: `{"edges":[{"client","connectionType","errorShare","p50Seconds","p95Seconds","ratePerSecond","server"},…]}`; what is not known is
    /// null.
    static func json(_ graph: ServiceGraph) -> String {
        var json = JSONText()
        json.object { json in
            json.member("edges") { json in
                json.array(graph.edges) { json, edge in
                    json.object { json in
                        json.member("client") { $0.string(edge.client) }
                        json.member("connectionType") { $0.string(edge.connection) }
                        json.member("errorShare") { $0.raw(number(edge.errorShare)) }
                        json.member("p50Seconds") { $0.raw(edge.median.map(number) ?? "null") }
                        json.member("p95Seconds") { $0.raw(edge.percentile95.map(number) ?? "null") }
                        json.member("ratePerSecond") { $0.raw(number(edge.rate)) }
                        json.member("server") { $0.string(edge.server) }
                    }
                }
            }
        }
        return json.text + "\n"
    }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

    /// A drawing in the language of Graphviz, to be piped into `dot -Tsvg`.
    func dot(_ graph: ServiceGraph) -> String {
        var text = "digraph services {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n"
        let kinds = Dictionary(graph.edges.map { ($0.server, $0.connection) }) { first, other in first.isEmpty ? first : other }
        for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) where kind == "database" || kind == "messaging_system" {
            text += "  \(ServiceGraphRenderer.quoted(name)) [shape=\(kind == "database" ? "cylinder" : "cds")];\n"
        }
        for edge in graph.edges {
            var label = QuantityUnit.none.text(edge.rate) + "/s"
            if edge.errorShare > 0 { label += ", " + ServiceGraphRenderer.percent(edge.errorShare) + " errors" }
            if edge.percentile95 != nil { label += "\\np95 " + seconds(edge.percentile95) }
            let color = edge.errorShare > 0 ? ", color=red" : ""
            text +=
                "  \(ServiceGraphRenderer.quoted(edge.client)) -> \(ServiceGraphRenderer.quoted(edge.server)) [label=\"\(label)\"\(color)];\n"
        }
        return text + "}\n"
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ") + "\""
    }
}
