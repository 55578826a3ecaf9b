internal import ByteCoding
internal import ExpositionFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Pages in protobuf")
struct MetricFamilyTests {
    /// A page of families, each behind its length.
    static func page(_ families: ((inout ProtobufWriter) -> Void)...) -> [UInt8] {
        var page: [UInt8] = []
        for family in families {
            var writer = ProtobufWriter()
            family(&writer)
            page.appendLengthPrefixed(writer.bytes)
        }
        return page
    }

    private static func label(_ name: String, _ value: String, _ metric: inout ProtobufWriter) {
        metric.write(1) { label in
            label.write(1, string: name)
            label.write(2, string: value)
        }
    }

    private static func exemplar(_ value: Double, seconds: Int64?, _ writer: inout ProtobufWriter) {
        label("trace_id", "t\(Int(value))", &writer)
        writer.write(2, double: value)
        if let seconds { writer.write(3) { $0.write(1, int64: seconds) } }
    }

    static let counter: @Sendable (inout ProtobufWriter) -> Void = { family in
        family.write(1, string: "requests_total")
        family.write(2, string: "Requests.")
        family.write(3, uint64: 0)
        family.write(4) { metric in
            label("z", "1", &metric)
            label("a.b", "ä", &metric)
            metric.write(3) { counter in
                counter.write(1, double: 7)
                counter.write(2) { exemplar(5, seconds: 3, &$0) }
                counter.write(3) { start in
                    start.write(1, int64: 2)
                    start.write(2, int64: 500_000_000)
                }
            }
            metric.write(6, int64: 9000)
        }
    }

    static let summary: @Sendable (inout ProtobufWriter) -> Void = { family in
        family.write(1, string: "latency")
        family.write(3, uint64: 2)
        family.write(4) { metric in
            metric.write(4) { summary in
                summary.write(1, uint64: 4)
                summary.write(2, double: 10)
                summary.write(3) { quantile in
                    quantile.write(1, double: 0.5)
                    quantile.write(2, double: 2)
                }
            }
        }
    }

    static let classic: @Sendable (inout ProtobufWriter) -> Void = { family in
        family.write(1, string: "size")
        family.write(3, uint64: 4)
        family.write(5, string: "bytes")
        family.write(4) { metric in metric.write(7) { buckets(&$0) } }
    }

    private static func buckets(_ histogram: inout ProtobufWriter) {
        histogram.write(1, uint64: 6)
        histogram.write(2, double: 42)
        for (bound, count) in [(1.0, 1), (2.5, 3)] as [(Double, UInt64)] {
            histogram.write(3) { bucket in
                bucket.write(1, uint64: count)
                bucket.write(2, double: bound)
                bucket.write(3) { exemplar(bound, seconds: nil, &$0) }
            }
        }
    }

    static let native: @Sendable (inout ProtobufWriter) -> Void = { family in
        family.write(1, string: "both")
        family.write(3, uint64: 4)
        family.write(4) { metric in
            metric.write(7) { histogram in
                buckets(&histogram)
                histogram.write(5, sint64: 3)
                histogram.write(6, double: 0.001)
                histogram.write(7, uint64: 1)
                histogram.write(12) { span in
                    span.write(1, sint64: -2)
                    span.write(2, uint64: 2)
                }
                histogram.write(12) { span in
                    span.write(1, sint64: 4)
                    span.write(2, uint64: 1)
                }
                var deltas: [UInt8] = []
                for delta in [2, -1, 1] as [Int64] { deltas.appendZigZag(delta) }
                histogram.write(13, bytes: deltas)
                histogram.write(16) { exemplar(8, seconds: 3, &$0) }
                histogram.write(16) { exemplar(9, seconds: nil, &$0) }
            }
        }
    }

    private func read(_ page: [UInt8], _ change: (inout MetricFamilyParser.Histograms) -> Void = { _ in }) throws -> [String] {
        var options = MetricFamilyParser.Histograms()
        change(&options)
        return try page.withUnsafeBytes { bytes in
            var parser = MetricFamilyParser(bytes, options)
            var lines: [String] = []
            while let entry = try parser.next() {
                if entry == .family {
                    let family = parser.family
                    lines.append(
                        "# \(parser.text(of: family.name)) \(family.type) \(parser.text(of: family.help))\(parser.text(of: family.unit))")
                    continue
                }
                var packed: [UInt8] = []
                try parser.appendLabels(to: &packed)
                var line = LabelSet(canonical: packed).description
                line += entry == .histogram ? " \(parser.histogram.count) \(parser.histogram.positiveBuckets)" : " \(parser.value)"
                if let timestamp = parser.timestamp { line += " @\(timestamp)" }
                if parser.start != 0 { line += " since \(parser.start)" }
                for exemplar in try parser.exemplars(defaultTimestamp: 1) { line += " # \(exemplar.value)@\(exemplar.timestamp)" }
                lines.append(line)
            }
            return lines
        }
    }

    @Test func `counters come with labels, exemplar, time and start`() throws {
        #expect(
            try read(Self.page(Self.counter)) == [
                "# requests_total counter Requests.",
                #"requests_total{"a.b"="ä", z="1"} 7.0 @9000 since 2500 # 5.0@3000"#,
            ])
    }

    @Test func `a summary becomes what the text format shows of it`() throws {
        #expect(
            try read(Self.page(Self.summary)) == [
                "# latency summary ", "latency_count 4.0", "latency_sum 10.0", #"latency{quantile="0.5"} 2.0"#,
            ])
    }

    @Test func `classic buckets come with those that are missing, or as a native histogram`() throws {
        let lines = [
            "# size histogram bytes", "size_count 6.0", "size_sum 42.0", #"size_bucket{le="1.0"} 1.0 # 1.0@1"#,
            #"size_bucket{le="2.5"} 3.0 # 2.5@1"#, #"size_bucket{le="+Inf"} 6.0"#,
        ]
        #expect(try read(Self.page(Self.classic)) == lines)
        let converted = "size 6.0 [1.0, 2.0, 3.0] # 1.0@1 # 2.5@1"
        #expect(try read(Self.page(Self.classic)) { $0.convertsClassic = true } == [lines[0], converted])
        #expect(
            try read(Self.page(Self.classic)) {
                $0.convertsClassic = true
                $0.readsClassicToo = true
            } == lines + [converted])
    }

    @Test func `native histograms come as such, as buckets, or both`() throws {
        let native = "both 6.0 [2.0, 1.0, 2.0] # 8.0@3000"
        let buckets = try read(Self.page(Self.native)) { $0.readsNative = false }
        #expect(buckets.count == 6 && buckets[1] == "both_count 6.0")
        #expect(try read(Self.page(Self.native)) == [buckets[0], native])
        #expect(try read(Self.page(Self.native)) { $0.readsClassicToo = true } == [buckets[0], native] + buckets.dropFirst())
    }

    @Test func `keys tell series from each other and stay the same`() throws {
        let page = Self.page(Self.counter, Self.summary, Self.native)
        func keys() throws -> [[UInt8]] {
            try page.withUnsafeBytes { bytes in
                var options = MetricFamilyParser.Histograms()
                options.readsClassicToo = true
                var parser = MetricFamilyParser(bytes, options)
                var keys: [[UInt8]] = []
                while let entry = try parser.next() { if entry != .family { keys.append(parser.key) } }
                return keys
            }
        }
        let first = try keys()
        #expect(Set(first).count == first.count && first.allSatisfy { $0.first == 0 })
        #expect(try keys() == first)
    }

    @Test func `what is wrong is refused`() throws {
        let nameless = Self.page { $0.write(3, uint64: 1) }
        #expect(throws: ByteCodingError.self) { try read(nameless) }
        let unknown = Self.page {
            $0.write(1, string: "a")
            $0.write(3, uint64: 9)
        }
        #expect(throws: ByteCodingError.self) { try read(unknown) }
        let twice = Self.page { family in
            family.write(1, string: "a")
            family.write(4) { metric in
                Self.label("x", "1", &metric)
                Self.label("x", "2", &metric)
            }
        }
        #expect(throws: ByteCodingError.self) { try read(twice) }
        let falling = Self.page { family in
            family.write(1, string: "h")
            family.write(3, uint64: 4)
            family.write(4) { metric in
                metric.write(7) { histogram in
                    for (bound, count) in [(1.0, 5), (2.0, 3)] as [(Double, UInt64)] {
                        histogram.write(3) { bucket in
                            bucket.write(1, uint64: count)
                            bucket.write(2, double: bound)
                        }
                    }
                }
            }
        }
        #expect(throws: ByteCodingError.self) { try read(falling) { $0.convertsClassic = true } }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged and short pages never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let page = Self.page(Self.counter, Self.summary, Self.classic, Self.native)
        for change in [0, 1, 2] {
            let read: ([UInt8]) throws -> Void = { bytes in
                _ = try self.read(bytes) {
                    $0.readsClassicToo = change > 0
                    $0.convertsClassic = change > 1
                }
            }
            checkTruncationNeverTraps(page, mustThrow: false, decode: read)
            checkDamageNeverTraps(page, rounds: 1000, using: &generator, decode: read)
        }
    }
}

@Suite("Classic histograms as native ones")
struct ClassicHistogramTests {
    @Test func `buckets in any order become custom buckets`() throws {
        var classic = ClassicHistogram()
        classic.add(bound: .infinity, count: 9)
        classic.add(bound: 2, count: 4)
        classic.add(bound: 1, count: 4)
        classic.sum = 3
        let histogram = try #require(classic.converted())
        #expect(histogram.customBounds == [1, 2] && histogram.count == 9 && histogram.sum == 3 && !histogram.isFloat)
        #expect(histogram.positiveSpans.reduce(0) { $0 + Int($1.length) } == histogram.positiveBuckets.count)
        #expect(histogram.positiveBuckets.reduce(0, +) == 9)
        try histogram.validate()
    }

    @Test func `what makes no sense becomes nothing`() {
        for buckets in [[(1.0, 5.0), (2.0, 3.0)], [(1, 1), (1, 1)], [(.nan, 1)], [(1, -1)], [], [(1, 5), (.infinity, 3)]] {
            var classic = ClassicHistogram()
            for (bound, count) in buckets { classic.add(bound: bound, count: count) }
            #expect(classic.converted() == nil, "\(buckets)")
        }
    }
}
