internal import ByteCoding
internal import Compression
internal import Ingestion
internal import LogFormats
internal import TelemetryModel

/// Bodies of 1000 lines of about 330 bytes of JSON, as agents send them to Loki and as OTLP has them, up to where storage begins.
struct LogIntakeBenchmark {
    let stopwatch: Stopwatch

    fileprivate static let linesPerBody = 1000
    private static let now: Int64 = 1_790_000_000_000_000_000

    func run() throws {
        var table = Table(
            "a body of 1000 lines", "KiB", "compressed KiB", "take in ns/line", "thousand lines/s", "with gzip ns/line", "thousand lines/s")
        let intake = LogIntake(storage: EntrySink()) { LogIntakeBenchmark.now }
        let mapping = OTLPLogMapping()
        let lineMapping = JSONLineFields().mapping(metadataFieldsMax: 128, metadataBytesMax: 64 << 10)
        let bulkMapping = ElasticsearchBulk.mapping(metadataFieldsMax: 128, metadataBytesMax: 64 << 10)
        let cases: [(name: String, body: [UInt8], take: (UnsafeRawBufferPointer) -> LogDeliveryOutcome)] = [
            (
                "Loki's JSON, level as a label", LogIntakeBenchmark.json(hasLevel: true),
                { body in
                    intake.deliver(liftsTraceIDs: false) { (delivery) throws(LogFormatError) in
                        _ = try LokiPush.decodeJSON(body.bindMemory(to: UInt8.self), into: &delivery)
                    }
                }
            ),
            (
                "Loki's JSON, level in the line", LogIntakeBenchmark.json(hasLevel: false),
                { body in
                    intake.deliver(liftsTraceIDs: false) { (delivery) throws(LogFormatError) in
                        _ = try LokiPush.decodeJSON(body.bindMemory(to: UInt8.self), into: &delivery)
                    }
                }
            ),
            (
                "OTLP with ten attributes", LogIntakeBenchmark.otlp(),
                { body in
                    intake.deliver(liftsTraceIDs: true) { (delivery) throws(LogFormatError) in
                        try OTLPLogs.decode(body, mapping: mapping, into: &delivery)
                    }
                }
            ),
            (
                "JSON lines, kept whole", LogIntakeBenchmark.lines(isBulk: false),
                { body in
                    intake.deliver(liftsTraceIDs: true) { delivery in
                        _ = JSONLines.decode(body.bindMemory(to: UInt8.self), lineMapping, labels: [], into: &delivery)
                    }
                }
            ),
            (
                "Elasticsearch's bulk", LogIntakeBenchmark.lines(isBulk: true),
                { body in
                    intake.deliver(liftsTraceIDs: true) { (delivery) throws(LogFormatError) in
                        _ = try ElasticsearchBulk.decode(body.bindMemory(to: UInt8.self), defaultIndex: nil, bulkMapping, into: &delivery)
                    }
                }
            ),
        ]
        for (name, body, take) in cases {
            let taking = stopwatch.time(items: LogIntakeBenchmark.linesPerBody) {
                body.withUnsafeBytes { LogIntakeBenchmark.check(take($0)) }
            }
            let gzip = try Codec.gzip.compress(body)
            let unpacking = try stopwatch.time(items: LogIntakeBenchmark.linesPerBody) {
                try Codec.gzip.decompress(gzip, limit: 64 << 20).withUnsafeBytes { LogIntakeBenchmark.check(take($0)) }
            }
            table.add(
                name, shown(Double(body.count) / 1024), shown(Double(gzip.count) / 1024), shown(taking.nanosecondsPerItem, digits: 0),
                shown(taking.itemsPerSecond / 1000, digits: 0), shown(unpacking.nanosecondsPerItem, digits: 0),
                shown(unpacking.itemsPerSecond / 1000, digits: 0))
        }
        table.print()
    }

    private static func check(_ outcome: LogDeliveryOutcome) {
        precondition(outcome.acceptedEntries == linesPerBody, "BUG: lines were refused: \(outcome.message)")
    }

    private static let levels = ["info", "info", "info", "info", "info", "info", "info", "debug", "warn", "error"]

    private static func fields(_ index: Int, _ generator: inout SeededGenerator) -> [(String, String)] {
        [
            ("method", "GET"), ("route", "/api/products/{sku}"),
            ("path", "/api/products/sk-\(Int.random(in: 0..<10_000, using: &generator))"),
            ("status", "200"), ("duration_ms", "\(Int.random(in: 1..<900, using: &generator)).5"), ("user_id", "us-\(index)"),
            ("client_ip", "10.3.\(index % 256).17"), ("msg", "cache hit for product sk-\(index), reserved 3 in warehouse ams1"),
        ]
    }

    private static func id(_ digits: Int, _ generator: inout SeededGenerator) -> String {
        String((0..<digits).map { _ in "0123456789abcdef".randomElement(using: &generator) ?? "0" })
    }

    private static func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private static func document(_ index: Int, level: String, _ generator: inout SeededGenerator) -> [UInt8] {
        var line = JSONTextWriter()
        line.beginObject()
        for (name, value) in [
            ("ts", "2026-09-21T14:13:20.123456Z"), ("service", "catalog"), ("level", level), ("trace_id", id(32, &generator)),
            ("span_id", id(16, &generator)),
        ] + fields(index, &generator) {
            line.name(name)
            line.value(value)
        }
        line.endObject()
        return line.bytes
    }

    private static func lines(isBulk: Bool) -> [UInt8] {
        var generator = SeededGenerator(seed: 5)
        var body: [UInt8] = []
        for index in 0..<linesPerBody {
            if isBulk { body += Array("{\"create\":{\"_index\":\"logs-shop\"}}\n".utf8) }
            body += document(index, level: "info", &generator) + [0x0a]
        }
        return body
    }

    private static func json(hasLevel: Bool) -> [UInt8] {
        var generator = SeededGenerator(seed: 5)
        var streams: [String: [(Int64, String)]] = [:]
        for index in 0..<linesPerBody {
            let level = levels[Int.random(in: 0..<levels.count, using: &generator)]
            let text = String(decoding: document(index, level: level, &generator), as: UTF8.self)
            streams["pod-\(index % 24)/\(hasLevel ? level : "")", default: []].append((now + Int64(index), text))
        }
        var body = JSONTextWriter()
        body.beginObject()
        body.name("streams")
        body.beginArray()
        for (key, entries) in streams.sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: "/", omittingEmptySubsequences: false)
            body.beginObject()
            body.name("stream")
            body.beginObject()
            for (name, value) in [("env", "prod"), ("namespace", "shop"), ("service", "catalog"), ("pod", String(parts[0]))]
                + (hasLevel ? [("level", String(parts[1]))] : [])
            {
                body.name(name)
                body.value(value)
            }
            body.endObject()
            body.name("values")
            body.beginArray()
            for (time, line) in entries {
                body.beginArray()
                body.quoted(time)
                body.value(line)
                body.endArray()
            }
            body.endArray()
            body.endObject()
        }
        body.endArray()
        body.endObject()
        return body.bytes
    }

    private static func otlp() -> [UInt8] {
        var generator = SeededGenerator(seed: 5)
        var writer = ProtobufWriter()
        func attribute(_ number: Int, _ name: String, _ value: String, _ writer: inout ProtobufWriter) {
            writer.write(number) { writer in
                writer.write(1, string: name)
                writer.write(2) { $0.write(1, string: value) }
            }
        }
        for pod in 0..<24 {
            writer.write(1) { writer in
                writer.write(1) { writer in
                    for (name, value) in [
                        ("service.name", "catalog"), ("service.namespace", "shop"), ("service.version", "1.42.0"),
                        ("k8s.pod.name", "pod-\(pod)"),
                    ] { attribute(1, name, value, &writer) }
                }
                writer.write(2) { writer in
                    writer.write(1) { $0.write(1, string: "shop.logger") }
                    for index in stride(from: pod, to: linesPerBody, by: 24) {
                        writer.write(2) { writer in
                            writer.write(1, fixed64: UInt64(now) + UInt64(index))
                            writer.write(2, uint64: 9)
                            writer.write(3, string: "INFO")
                            writer.write(5) { $0.write(1, string: "cache hit for product sk-\(index), reserved 3 in warehouse ams1") }
                            for (name, value) in fields(index, &generator).dropLast() { attribute(6, name, value, &writer) }
                            writer.write(9, bytes: bytes(16, &generator))
                            writer.write(10, bytes: bytes(8, &generator))
                            writer.write(11, fixed64: UInt64(now))
                        }
                    }
                }
            }
        }
        return writer.bytes
    }
}

/// Takes every batch and keeps nothing, so that what is measured ends where storage begins.
private struct EntrySink: LogAppending {
    func append(_ batch: LogBatch) -> LogAppendOutcome {
        keep(batch.lines.bytes.count)
        var outcome = LogAppendOutcome(.accepted)
        outcome.acceptedEntries = batch.entryCount
        return outcome
    }
}
