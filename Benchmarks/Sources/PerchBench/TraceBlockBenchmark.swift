internal import Foundation
internal import OTLPFormat
internal import TelemetryModel
internal import TraceStorage

/// Taking spans in, journal and sealing included: time and bytes for each span, and how soon a trace is found.
///
/// The data is a shop's checkout: some fifteen spans of HTTP servers and clients and of databases for each trace, with times, ids and numbers that
/// nothing foretells.
struct TraceBlockBenchmark {
    private static let spansPerMessage = 500
    private static let now: UnixNanoseconds = 1_795_348_800_000_000_000

    let spans: Int

    func run() throws {
        var random = Checkouts(seed: 1, now: TraceBlockBenchmark.now)
        var messages: [[UInt8]] = []
        var spans = 0
        while spans < self.spans {
            let batch = random.batch(spans: TraceBlockBenchmark.spansPerMessage)
            spans += batch.spans.count
            messages.append(batch.otlp)
        }
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let storage = try TraceStorage(directory: scratch.path, clock: { TraceBlockBenchmark.now })
        let scanning = try seconds { for message in messages { keep(try message.withUnsafeBytes { try SpanScan($0).spans.count }) } }
        let appending = try seconds {
            for message in messages { keep(try message.withUnsafeBytes { try storage.append(otlp: $0).acceptedSpans }) }
            try storage.flush()
        }
        let statistics = storage.statistics
        let tables = try storage.tables(from: 0, through: .max)
        let reading = try seconds {
            for table in tables {
                keep(try table.frame().spanIDs.count)
                _ = try table.column(.attribute(.resource, "service.name"))
                _ = try table.column(.statusCode)
                _ = try table.column(.attribute(.span, "user.id"))
            }
        }
        let ids = try tables.compactMap { try $0.frame().traceIDs.first }
        let finding = try seconds { for id in ids { keep(try storage.trace(id)?.spans.count ?? 0) } }
        try storage.close()

        var table = Table("\(spans) spans of \(messages.reduce(0) { $0 + $1.count } / spans) bytes", "CPU time")
        table.add("scan", shown(scanning * 1e6 / Double(spans), digits: 2) + " µs/span")
        table.add("append, journal, seal (scan included)", shown(appending * 1e6 / Double(spans), digits: 2) + " µs/span")
        table.add("frame and three columns, from the file", shown(reading * 1e6 / Double(spans), digits: 3) + " µs/span")
        table.add("a trace by its id", shown(finding * 1e3 / Double(max(ids.count, 1)), digits: 2) + " ms")
        table.print()
        var sizes = Table("bytes", "bytes/span")
        sizes.add("blocks", shown(Double(statistics.blockBytes) / Double(statistics.blockSpans), digits: 2))
        sizes.add("files of shards", shown(Double(statistics.shardBytes) / Double(statistics.blockSpans), digits: 2))
        sizes.add("journal, as written", shown(Double(statistics.journalBytesWritten) / Double(spans), digits: 2))
        sizes.print()
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let started = processSeconds()
        try work()
        return processSeconds() - started
    }
}

/// Makes spans of checkouts.
private struct Checkouts {
    private static let services = ["gateway", "orders", "users", "inventory", "payments", "shipping"]
    private var generator: SeededGenerator
    private var now: UnixNanoseconds

    init(seed: UInt64, now: UnixNanoseconds) {
        generator = SeededGenerator(seed: seed)
        self.now = now - 3_600_000_000_000
    }

    private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

    /// Nanoseconds around some milliseconds, spread over magnitudes as waiting times are.
    private mutating func duration(milliseconds: Double) -> UInt64 {
        let spread = (0..<4).reduce(0.0) { sum, _ in sum + Double.random(in: -1...1, using: &generator) }
        return UInt64(milliseconds * 1e6 * exp(spread * 0.7))
    }

    mutating func batch(spans: Int) -> SpanBatch {
        var batch = SpanBatch()
        for service in Checkouts.services {
            for pod in 0..<3 {
                var resource = ResourceRecord()
                resource.attributes = [
                    Attribute("service.name", .string(service)), Attribute("service.namespace", .string("shop")),
                    Attribute("service.version", .string("1.42.0")), Attribute("k8s.pod.name", .string("\(service)-7d4f9c6b5-\(pod)x2k9")),
                ]
                batch.resources.append(resource)
            }
        }
        var scope = ScopeRecord()
        (scope.name, scope.version) = ("shop.http", "0.9.1")
        batch.scopes = [scope]
        while batch.spans.count < spans { appendTrace(to: &batch) }
        batch.spans.sort { $0.resource < $1.resource }
        return batch
    }

    private mutating func appendTrace(to batch: inout SpanBatch) {
        now += UInt64(number(100_000_000))
        let trace = TraceID(high: generator.next(), low: generator.next())
        let pods = Checkouts.services.map { _ in number(3) }
        var start = now
        let root = span(trace, .none, "POST /checkout", .server, 0, pods, &start, [("http.route", .string("/checkout"))])
        var parent = root.spanID
        batch.spans.append(root)
        for service in 1..<2 + number(5) {
            let user = number(100_000)
            let url = "/api/\(Checkouts.services[service])/\(user)"
            let client = span(
                trace, parent, "GET", .client, service - 1, pods, &start,
                [("server.address", .string("\(Checkouts.services[service]).shop.svc")), ("url.full", .string("http://shop:8080" + url))])
            let server = span(
                trace, client.spanID, "GET /api/\(Checkouts.services[service])/{id}", .server, service, pods, &start,
                [("http.route", .string("/api/\(Checkouts.services[service])/{id}")), ("url.path", .string(url))])
            let table = Checkouts.services[service]
            let database = span(
                trace, server.spanID, "SELECT \(table)", .client, service, pods, &start,
                [("db.statement", .string("SELECT \(table) WHERE id = $1")), ("db.rows", .int(Int64(1 + number(49))))])
            batch.spans += [client, server, database]
            parent = server.spanID
        }
    }

    private mutating func span(
        _ trace: TraceID, _ parent: SpanID, _ name: String, _ kind: SpanKind, _ service: Int, _ pods: [Int], _ start: inout UInt64,
        _ attributes: [(String, AttributeValue)]
    ) -> SpanRecord {
        var span = SpanRecord(traceID: trace, spanID: SpanID(generator.next() | 1))
        start += duration(milliseconds: 0.2)
        span.parentSpanID = parent
        (span.name, span.kind) = (name, kind)
        (span.start, span.end) = (start, start + duration(milliseconds: 4))
        span.attributes = attributes.map { Attribute($0.0, $0.1) }
        span.attributes.append(Attribute("http.response.status_code", .int(generator.happens(onceIn: 50) ? 502 : 200)))
        if kind == .server { span.attributes.append(Attribute("user.id", .string("us-\(number(200_000))"))) }
        if generator.happens(onceIn: 50) { (span.statusCode, span.statusMessage) = (.error, "upstream error") }
        span.resource = service * 3 + pods[service]
        return span
    }
}
