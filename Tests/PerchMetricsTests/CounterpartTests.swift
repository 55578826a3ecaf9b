internal import Foundation
internal import PerchMetrics
internal import PerchWire
internal import Testing

/// What other programs make of the exposition.
@Suite struct CounterpartTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path
    static let python = root + "/.venv-clients/bin/python"
    static let hasPython = FileManager.default.isExecutableFile(atPath: python)

    private static func registry() -> MetricRegistry {
        let span = SpanIdentity(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3), flags: 1)
        let registry = MetricRegistry(exemplars: ExemplarSource { span })
        ProcessMetrics.register(in: registry)
        RuntimeMetrics.register(in: registry)
        let requests = registry.counters("shop_requests_total", help: "Requests \"of\" a\\b\nkind.", labelNames: "path", "code")
        requests.with("/a\"b\\c\nd é😱", "200").increment(by: 7)
        requests.with("", "500").add(0.5)
        registry.gauge("shop_queue_bytes", help: "Bytes.", unit: "bytes").set(-3.5)
        let histogram = registry.histogram("shop_work_seconds", help: "Work.", unit: "seconds", buckets: .native())
        for value in [0.001, 0.3, 7, 100, 0] { histogram.record(value) }
        let summary = registry.summary("shop_size_bytes", help: "Sizes.", unit: "bytes", quantiles: [0.5, 0.9])
        for value in 1...100 { summary.record(Double(value)) }
        return registry
    }

    /// Runs a program of Python over an exposition, and gives what it prints.
    private func run(_ program: String, _ format: MetricFormat) throws -> String {
        var output: [UInt8] = []
        Self.registry().render(format, into: &output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.arguments = ["-c", program]
        let (input, said) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = said
        process.standardError = said
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: output)
        try input.fileHandleForWriting.close()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        return text
    }

    private let printing = """
        for family in text_string_to_metric_families(sys.stdin.read()):
            for s in family.samples:
                if s.name.startswith("shop_"):
                    e = s.exemplar.labels["trace_id"] if s.exemplar else None
                    print(family.name, family.type, family.unit, repr(s.name), sorted(s.labels.items()), s.value, e)
        """

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `Python's client parses OpenMetrics, which it is strict about`() throws {
        let text = try run(
            "import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families\n" + printing, .openMetrics)
        let trace = "00000000000000010000000000000002"
        #expect(text.contains(#"shop_requests counter  'shop_requests_total' [('code', '200'), ('path', '/a"b\\c\nd é😱')] 7 \#(trace)"#))
        #expect(!text.contains("_created"))
        #expect(text.contains("shop_queue_bytes gauge bytes 'shop_queue_bytes' [] -3.5 None"))
        #expect(text.contains("'shop_work_seconds_bucket' [('le', '0.5')] 3 00000000000000010000000000000002"))
        #expect(text.contains("'shop_work_seconds_count' [] 5 None"))
        #expect(text.contains("shop_size_bytes summary bytes 'shop_size_bytes' [('quantile', '0.5')]"))
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `Python's client reads when counting began, where it is told`() throws {
        var format = MetricFormat.openMetrics
        format.writesCreated = true
        let program = """
            import sys, time
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            for family in text_string_to_metric_families(sys.stdin.read()):
                for s in family.samples:
                    if s.name.startswith("shop_") and s.name.endswith("_created"):
                        print(family.name, family.type, sorted(s.labels), abs(time.time() - s.value) < 600)
            """
        let lines = try run(program, format).split(separator: "\n")
        #expect(
            lines == [
                "shop_requests counter ['code', 'path'] True", "shop_requests counter ['code', 'path'] True",
                "shop_size_bytes summary [] True", "shop_work_seconds histogram [] True",
            ])
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `Python's client parses the text format`() throws {
        let text = try run("import sys\nfrom prometheus_client.parser import text_string_to_metric_families\n" + printing, .prometheus)
        #expect(text.contains(#"'shop_requests_total' [('code', '200'), ('path', '/a"b\\c\nd é😱')] 7 None"#))
        #expect(text.contains("'shop_work_seconds_sum' [] 107.301 None"))
    }

    @Test(.enabled(if: hasPython, "the Python packages are not installed"))
    func `protobuf as Python's runtime reads it has the same numbers`() throws {
        let text = try run(Self.protobufReader, MetricFormat(.protobuf))
        #expect(
            text.contains(
                "shop_requests_total COUNTER [('code', '200'), ('path', '/a\"b\\\\c\\nd é😱')] 7.0 ('trace_id', '00000000000000010000000000000002')"
            ))
        #expect(text.contains("shop_queue_bytes GAUGE [] -3.5"))
        // 0.001 is in (2^-10, 2^-9.875], 0.3 in (2^-1.75, 2^-1.625], 7 in (2^2.75, 2^2.875], 100 in (2^6.625, 2^6.75].
        #expect(
            text.contains(
                "shop_work_seconds HISTOGRAM [] 5 107.301 schema 3 zero 1 spans [(-79, 1), (65, 1), (35, 1), (30, 1)] deltas [1, 0, 0, 0] exemplars 5"
            ))
        #expect(text.contains("shop_size_bytes SUMMARY [] 100 5050.0 [0.5, 0.9]"))
    }

    /// Declares the fields of metrics.proto that are used, from their public numbers, and prints messages of it.
    private static let protobufReader = """
        import sys
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        f = descriptor_pb2.FileDescriptorProto(name="m.proto", package="m", syntax="proto2")
        T = descriptor_pb2.FieldDescriptorProto
        kinds = dict(s=T.TYPE_STRING, d=T.TYPE_DOUBLE, u=T.TYPE_UINT64, i=T.TYPE_SINT64, l=T.TYPE_INT64)
        def message(name, *fields):
            m = f.message_type.add(name=name)
            for number, field, kind, many in fields:
                x = m.field.add(name=field, number=number, label=T.LABEL_REPEATED if many else T.LABEL_OPTIONAL)
                if kind in kinds: x.type = kinds[kind]
                else: x.type, x.type_name = T.TYPE_MESSAGE, ".m." + kind
                if many and kind == "i": x.options.packed = True
        message("Label", (1, "name", "s", 0), (2, "value", "s", 0))
        message("Time", (1, "seconds", "l", 0), (2, "nanos", "l", 0))
        message("Exemplar", (1, "label", "Label", 1), (2, "value", "d", 0), (3, "timestamp", "Time", 0))
        message("Number", (1, "value", "d", 0), (2, "exemplar", "Exemplar", 0))
        message("Quantile", (1, "quantile", "d", 0), (2, "value", "d", 0))
        message("Summary", (1, "count", "u", 0), (2, "sum", "d", 0), (3, "quantile", "Quantile", 1))
        message("Bucket", (1, "count", "u", 0), (2, "bound", "d", 0), (3, "exemplar", "Exemplar", 0))
        message("Span", (1, "offset", "i", 0), (2, "length", "u", 0))
        message("Histogram", (1, "count", "u", 0), (2, "sum", "d", 0), (3, "bucket", "Bucket", 1), (5, "schema", "i", 0),
            (6, "zero_threshold", "d", 0), (7, "zero_count", "u", 0), (12, "span", "Span", 1), (13, "delta", "i", 1),
            (15, "created", "Time", 0), (16, "exemplars", "Exemplar", 1))
        message("Metric", (1, "label", "Label", 1), (2, "gauge", "Number", 0), (3, "counter", "Number", 0), (4, "summary", "Summary", 0),
            (7, "histogram", "Histogram", 0))
        message("Family", (1, "name", "s", 0), (2, "help", "s", 0), (3, "type", "u", 0), (4, "metric", "Metric", 1), (5, "unit", "s", 0))
        pool = descriptor_pool.DescriptorPool()
        pool.Add(f)
        Family = message_factory.GetMessageClass(pool.FindMessageTypeByName("m.Family"))
        data = sys.stdin.buffer.read()
        at = 0
        while at < len(data):
            length = shift = 0
            while True:
                byte = data[at]; at += 1
                length |= (byte & 127) << shift; shift += 7
                if byte < 128: break
            family = Family.FromString(data[at:at + length]); at += length
            kind = ["COUNTER", "GAUGE", "SUMMARY", "UNTYPED", "HISTOGRAM"][family.type]
            for metric in family.metric:
                labels = sorted((l.name, l.value) for l in metric.label)
                if kind == "HISTOGRAM":
                    h = metric.histogram
                    value = f"{h.count} {h.sum} schema {h.schema} zero {h.zero_count} spans {[(s.offset, s.length) for s in h.span]} deltas {list(h.delta)} exemplars {len(h.exemplars)}"
                elif kind == "SUMMARY": value = f"{metric.summary.count} {metric.summary.sum} {[q.quantile for q in metric.summary.quantile]}"
                else: value = (metric.counter if kind == "COUNTER" else metric.gauge).value
                exemplar = [(l.name, l.value) for l in metric.counter.exemplar.label][:1]
                print(family.name, kind, labels, value, *exemplar)
        """
}
