internal import OTLPFormat
internal import TelemetryModel

/// Joins the spans of clients and servers to requests between services, and counts these.
///
/// A client's span and a server's are one request where the parent of the latter is the former, in the same trace; producers and consumers of
/// messages likewise. What has waited for too long is a request from or to somebody who sends no spans, if there is a name for that, and
/// is counted as unpaired otherwise.
struct ServiceGraph: Sendable {
    let options: ServiceGraphOptions
    private let filter: SpanFilter
    private let weight: SpanWeight
    private let keys: Keys
    var requests: SeriesTable
    /// Spans that found no other side, and spans that could not wait for one.
    var unpaired: SeriesTable
    var dropped: SeriesTable
    private var names = NameTable()
    private var edges: EdgeStore
    private let seed: UInt64
    /// Spans that filters left out, spans that could not wait, and requests with names that are no text.
    private(set) var filteredSpans = 0
    private(set) var droppedSpans = 0
    private(set) var invalidLabels = 0
    private(set) var overflowedEdges = 0

    /// Numbers of the attributes that are looked for.
    private struct Keys: Sendable {
        let peers: [Int]
        let databases: [Int]
        let peerService: Int
        let serverAddress: Int
        let peerAddress: Int
        let peerPort: Int
        let dimensions: [Int]
    }

    private static let failed = 1
    private static let serverSeconds = 0
    private static let clientSeconds = 1
    private static let messagingSeconds = 2

    init(_ options: ServiceGraphOptions, _ general: MetricGenerationOptions, _ plan: inout ObservationPlan) {
        self.options = options
        seed = plan.seed
        edges = EdgeStore(seed: plan.seed)
        keys = Keys(
            peers: options.peerAttributes.map { plan.keys.number(of: $0) },
            databases: options.databaseNameAttributes.map { plan.keys.number(of: $0) },
            peerService: plan.keys.number(of: "peer.service"), serverAddress: plan.keys.number(of: "server.address"),
            peerAddress: plan.keys.number(of: "network.peer.address"), peerPort: plan.keys.number(of: "network.peer.port"),
            dimensions: options.dimensions.map { plan.keys.number(of: $0) })
        filter = SpanFilter(options.filters, &plan.keys)
        weight = SpanWeight(options.multiplier, &plan.keys)
        if options.isEnabled {
            plan.kindsWithAttributes |= 1 << 3 | 1 << 4
            plan.looksAtRootServers = true
            if !keys.dimensions.isEmpty || filter.usesSpanAttributes || weight.usesSpanAttributes {
                plan.kindsWithAttributes |= 1 << 2 | 1 << 5
            }
        }
        requests = SeriesTable(ServiceGraph.schema(options, general))
        unpaired = SeriesTable(
            SeriesSchema(counters: [
                .init(name: "traces_service_graph_unpaired_spans_total", help: "Spans of requests whose other side did not come.")
            ]))
        dropped = SeriesTable(
            SeriesSchema(counters: [
                .init(name: "traces_service_graph_dropped_spans_total", help: "Spans left out because too many requests waited.")
            ]))
    }

    private static func schema(_ options: ServiceGraphOptions, _ general: MetricGenerationOptions) -> SeriesSchema {
        var histograms: [SeriesSchema.Histogram] = [
            .init(name: "traces_service_graph_request_server_seconds", help: "Time that requests took as the server sees it."),
            .init(name: "traces_service_graph_request_client_seconds", help: "Time that requests took as the client sees it."),
        ]
        if options.hasMessagingLatency {
            histograms.append(
                .init(
                    name: "traces_service_graph_request_messaging_system_seconds", help: "Time between sending and receiving messages."))
        }
        return SeriesSchema(
            counters: [
                .init(name: "traces_service_graph_request_total", help: "Requests between two services."),
                .init(name: "traces_service_graph_request_failed_total", help: "Requests between two services that failed."),
            ], histograms: histograms,
            buckets: LatencyBuckets(
                bounds: general.histograms.hasClassic ? options.bounds : [],
                nativeSchema: general.histograms.hasNative ? general.nativeSchema : nil),
            isFloat: options.multiplier.isUsed, traceIDLabel: general.traceIDLabel)
    }

    var waitingCount: Int { edges.count }
    var nameCount: Int { names.count }

    // MARK: Spans

    mutating func observe(_ span: ObservedSpan, _ now: Timestamp, _ budget: inout SeriesBudget) {
        let isClient = span.scanned.kind == .client || span.scanned.kind == .producer
        guard isClient || span.scanned.kind == .server || span.scanned.kind == .consumer, span.context.hasService else { return }
        if !filter.isEmpty, !filter.passes(span) {
            filteredSpans += 1
            return
        }
        let key = Edge.Key(trace: span.scanned.traceID, span: isClient ? span.scanned.spanID : span.scanned.parentSpanID)
        if !isClient, !key.span.isValid { return observeRoot(span, key, now, &budget) }
        if let place = edges.find(key) {
            var edge = edges[place]
            update(&edge, span, isClient)
            if edge.isComplete {
                edges.remove(place)
                complete(edge, now, &budget)
            } else {
                edges[place] = edge
            }
            return
        }
        var edge = Edge(key: key)
        update(&edge, span, isClient)
        if edge.isComplete {
            complete(edge, now, &budget)
        } else if edges.count >= options.waitingMax {
            droppedSpans += 1
            countSingle(edge, dropped: true, now, &budget)
        } else {
            edge.expiresAt = now + options.waitMilliseconds
            edges.insert(edge)
        }
    }

    /// The server's side of a request that no span of a client stands for: nothing is waited for.
    private mutating func observeRoot(_ span: ObservedSpan, _ key: Edge.Key, _ now: Timestamp, _ budget: inout SeriesBudget) {
        var edge = Edge(key: key)
        update(&edge, span, false)
        resolve(&edge, isRoot: true, now, &budget)
    }

    /// Gives up on requests that have waited for too long.
    mutating func expire(_ now: Timestamp, _ budget: inout SeriesBudget) {
        while var edge = edges.popExpired(now) { resolve(&edge, isRoot: false, now, &budget) }
        if names.isSweepDue { names.sweep(inUse: edges.namesInUse) }
    }

    private mutating func update(_ edge: inout Edge, _ span: ObservedSpan, _ isClient: Bool) {
        let service = span.context.service
        let name = service.isEmpty ? NameTable.none : names.number(of: span.context.serviceIdentity, service)
        if isClient {
            edge.client = name
            edge.clientSeconds = span.seconds
            edge.clientEnd = span.scanned.end
            edge.connection = span.scanned.kind == .producer ? .messagingSystem : .direct
        } else {
            edge.server = name
            edge.serverSeconds = span.seconds
            edge.serverStart = span.scanned.start
            edge.connection = span.scanned.kind == .consumer ? .messagingSystem : .direct
        }
        if span.isFailed { edge.isFailed = true }
        if weight.isUsed { edge.weight = weight.weight(of: span) }
        if !keys.dimensions.isEmpty { updateDimensions(&edge, span, isClient) }
        if let peer = keys.peers.lazy.map({ span.place($0) }).first(where: \.isFound) { edge.peer = intern(peer, span) }
        if isClient { updateDatabase(&edge, span) }
    }

    private mutating func updateDimensions(_ edge: inout Edge, _ span: ObservedSpan, _ isClient: Bool) {
        let sides = options.prefixesDimensions ? 2 : 1
        if edge.dimensions.isEmpty { edge.dimensions = Array(repeating: NameTable.none, count: keys.dimensions.count * sides) }
        for (index, key) in keys.dimensions.enumerated() {
            guard let text = span.text(key), !text.isEmpty else { continue }
            edge.dimensions[index * sides + (sides == 2 && !isClient ? 1 : 0)] = intern(text)
        }
    }

    /// A client's span that names a database is a whole request: databases send no spans.
    private mutating func updateDatabase(_ edge: inout Edge, _ span: ObservedSpan) {
        guard let named = keys.databases.first(where: { span.context.values[$0] != nil || span.place($0).isFound }) else { return }
        edge.connection = .database
        edge.serverSeconds = span.seconds
        let name: UInt32
        if let service = find(keys.peerService, span) ?? find(keys.serverAddress, span) {
            name = service
        } else if let address = span.text(keys.peerAddress) {
            name = intern(span.text(keys.peerPort).map { address + [UInt8(ascii: ":")] + $0 } ?? address)
        } else {
            name = find(named, span) ?? NameTable.none
        }
        if name != NameTable.none { edge.server = name }
    }

    /// The name that an attribute of resource or span gives; nil where neither has it.
    private mutating func find(_ key: Int, _ span: ObservedSpan) -> UInt32? {
        if let value = span.context.values[key] { return intern(value.text) }
        let place = span.place(key)
        return place.isFound ? intern(place, span) : nil
    }

    private mutating func intern(_ place: ValuePlace, _ span: ObservedSpan) -> UInt32 {
        AnyValueText.with(place.range, of: span.message) { intern($0) }
    }

    private mutating func intern(_ text: [UInt8]) -> UInt32 { text.withUnsafeBytes { intern($0) } }

    private mutating func intern(_ text: UnsafeRawBufferPointer) -> UInt32 {
        if text.isEmpty { return NameTable.none }
        let cut = UnsafeRawBufferPointer(rebasing: text[..<LabelParts.cutLength(text.count) { text[$0] }])
        return names.number(of: Identity(of: cut, seed: seed), Array(cut))
    }

    // MARK: Requests

    /// Counts a request of which one side is missing and will not come.
    private mutating func resolve(_ edge: inout Edge, isRoot: Bool, _ now: Timestamp, _ budget: inout SeriesBudget) {
        if edge.client == NameTable.none, isRoot, edge.server != NameTable.none, edge.peer != NameTable.none || options.hasUserNode {
            edge.client = edge.peer != NameTable.none ? edge.peer : intern(Array("user".utf8))
            edge.connection = .virtualNode
            complete(edge, now, &budget, virtualNode: "client")
        } else if edge.client != NameTable.none, edge.peer != NameTable.none {
            edge.server = edge.peer
            edge.connection = .virtualNode
            complete(edge, now, &budget, virtualNode: "server")
        } else {
            countSingle(edge, dropped: false, now, &budget)
        }
    }

    private mutating func complete(_ edge: Edge, _ now: Timestamp, _ budget: inout SeriesBudget, virtualNode: String = "") {
        let virtualNode = options.hasVirtualNodeLabel ? virtualNode : ""
        let place: Int
        switch find(edge, in: requests, virtualNode) {
        case .known(let known): place = known
        case .new(let identity):
            guard let added = add(edge, identity, to: \.requests, &budget, virtualNode) else { return }
            place = added
        }
        requests.touch(place, now)
        requests.add(edge.weight, counter: 0, at: place)
        if edge.isFailed { requests.add(edge.weight, counter: ServiceGraph.failed, at: place) }
        let trace = edge.key.trace
        requests.record(edge.serverSeconds, edge.weight, histogram: ServiceGraph.serverSeconds, at: place, trace, now)
        requests.record(edge.clientSeconds, edge.weight, histogram: ServiceGraph.clientSeconds, at: place, trace, now)
        if options.hasMessagingLatency, edge.connection == .messagingSystem, edge.serverStart > edge.clientEnd {
            let seconds = Double(edge.serverStart - edge.clientEnd) / 1e9
            requests.record(seconds, edge.weight, histogram: ServiceGraph.messagingSeconds, at: place, trace, now)
        }
    }

    /// Counts a span that has no other side.
    private mutating func countSingle(_ edge: Edge, dropped isDropped: Bool, _ now: Timestamp, _ budget: inout SeriesBudget) {
        let table = isDropped ? \ServiceGraph.dropped : \ServiceGraph.unpaired
        let place: Int
        switch find(edge, in: self[keyPath: table], "") {
        case .known(let known): place = known
        case .new(let identity):
            guard let added = add(edge, identity, to: table, &budget, "") else { return }
            place = added
        }
        self[keyPath: table].touch(place, now)
        self[keyPath: table].add(edge.weight, counter: 0, at: place)
    }

    private enum Finding {
        case known(Int)
        case new(Identity)
    }

    private func find(_ edge: Edge, in table: borrowing SeriesTable, _ virtualNode: String) -> Finding {
        var identity = names.identity(edge.client)
        identity.fold(names.identity(edge.server))
        identity.fold(UInt64(edge.connection.rawValue) | UInt64(virtualNode.utf8.count) << 8)
        for dimension in edge.dimensions { identity.fold(names.identity(dimension)) }
        if let known = table.find(identity) { return .known(known) }
        return .new(identity)
    }

    /// Adds a group for an edge; nil where its names are no text.
    private mutating func add(
        _ edge: Edge, _ identity: Identity, to table: WritableKeyPath<ServiceGraph, SeriesTable>, _ budget: inout SeriesBudget,
        _ virtualNode: String
    ) -> Int? {
        guard budget.allows(self[keyPath: table].schema.seriesPerGroup) else {
            overflowedEdges += 1
            return self[keyPath: table].overflow(&budget)
        }
        guard let template = labels(of: edge, virtualNode).template() else {
            invalidLabels += 1
            return nil
        }
        return self[keyPath: table].insert(identity, template, &budget)
    }

    private func labels(of edge: Edge, _ virtualNode: String) -> LabelParts {
        var labels = LabelParts()
        let sides = options.prefixesDimensions ? ["client_", "server_"] : [""]
        for (index, value) in edge.dimensions.enumerated() {
            let name = DimensionLabel.distinct(sides[index % sides.count] + options.dimensions[index / sides.count])
            labels.set(Array(name.utf8), names.name(value))
        }
        labels.set(DimensionName.virtualNode, virtualNode)
        labels.set(Array(DimensionName.client.utf8), names.name(edge.client))
        labels.set(Array(DimensionName.server.utf8), names.name(edge.server))
        labels.set(DimensionName.connectionType, edge.connection.text)
        return labels
    }
}
