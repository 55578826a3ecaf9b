internal import Ingestion
internal import MetricStorage
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import PushFormats
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import MetricReceiving

/// Remembers which series it was given, and with how many samples.
private final class SeriesLog: MetricAppending {
    private let taken = Mutex<[String]>([])

    var series: Set<String> { taken.withLock { Set($0) } }

    func append(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult {
        taken.withLock { $0 += (0..<batch.seriesCount).map { batch.labels(at: $0).description } }
        return AppendResult()
    }

    func setMetadata(_ metadata: [String: MetricMetadata]) throws(MetricStorageError) {}
}

/// A clock in nanoseconds that a test turns.
private final class TurnedClock: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000_000)
    var value: Int64 { nanoseconds.load(ordering: .relaxed) }
    func advance(seconds: Int64) { nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed) }
}

@Suite("Sums of StatsD")
struct StatsDAggregateTests {
    private func add(_ lines: String..., to aggregate: inout StatsDAggregate, at time: Timestamp = 0) throws {
        for line in lines { #expect(aggregate.add(try #require(try StatsDLine(Array(line.utf8))), now: time)) }
    }

    private func values(_ samples: [StatsDAggregate.Sample]) -> [String: Double] {
        var values: [String: Double] = [:]
        for sample in samples {
            let labels = LabelSet(sample.labels.map { ($0.name, $0.value) }).description
            switch sample.value {
            case .float(let value): values[labels] = value
            case .histogram(let histogram): values[labels] = histogram.count
            }
        }
        return values
    }

    @Test func `counters add up, gauges stand, sets count, and tags tell series apart`() throws {
        var aggregate = StatsDAggregate()
        try add("c:1|c", "c:2|c|@0.5", "c:1|c|#a:1,b:2", "c:1|c|#b:2,a:1", "g:5|g", "g:-2|g", "s:x|s", "s:y|s", "s:x|s", to: &aggregate)
        #expect(values(aggregate.flush(now: 0)) == ["c": 5, #"c{a="1", b="2"}"#: 2, "g": 3, "s": 2])
        try add("c:1|c", "s:x|s", to: &aggregate)
        let second = aggregate.flush(now: 0)
        #expect(values(second)["c"] == 6 && values(second)["s"] == 1 && second.allSatisfy { !$0.isNew })
    }

    @Test func `timers become histograms of seconds`() throws {
        var aggregate = StatsDAggregate()
        try add("t:100:200:400|ms", "t:0|ms", "t:-5|ms", to: &aggregate)
        guard case .histogram(let histogram)? = aggregate.flush(now: 0).first?.value else {
            Issue.record("no histogram")
            return
        }
        try histogram.validate()
        #expect(histogram.count == 5 && abs(histogram.sum - 0.695) < 1e-9 && histogram.zeroCount == 1)
        #expect(histogram.positiveBuckets.reduce(0, +) == 3 && histogram.negativeBuckets.reduce(0, +) == 1 && !histogram.isFloat)
    }

    @Test func `a histogram of many values stays small, and every value is in its bucket`() throws {
        var counts = ExponentialCounts()
        for exponent in -300...300 { counts.add(exp2Value(Double(exponent)), weight: 1) }
        let histogram = counts.histogram
        try histogram.validate()
        #expect(histogram.positiveBuckets.count <= 160 && histogram.positiveBuckets.reduce(0, +) == 601)
        var one = ExponentialCounts()
        one.add(1, weight: 1)
        // The bucket that ends at 1.
        #expect(one.histogram.positiveSpans == [.init(offset: 0, length: 1)])
    }

    private func exp2Value(_ exponent: Double) -> Double { Double(sign: .plus, exponent: Int(exponent), significand: 1) }

    @Test func `series that fall silent end`() throws {
        var aggregate = StatsDAggregate()
        try add("c:1|c", to: &aggregate)
        _ = aggregate.flush(now: 0)
        let last = aggregate.flush(now: StatsDAggregate.idleMilliseconds)
        guard case .float(let value)? = last.first?.value else { return }
        #expect(StaleMarker.matches(value) && aggregate.count == 0)
    }
}

@Suite("Listeners for lines")
struct LineServerTests {
    /// Sends bytes to a port and closes.
    private func send(_ text: String, _ transport: LineServer.Transport, to port: Int) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        switch transport {
        case .tcp:
            let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: text))
            try await channel.close()
        case .udp:
            let channel = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(string: text)))
            try await channel.close()
        }
    }

    private func run(_ server: LineServer, _ test: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
        let (ports, found) = AsyncStream<Int>.makeStream()
        let (stops, stop) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run(host: "127.0.0.1", port: 0, onListening: { found.yield($0) }) { for await _ in stops { return } }
            }
            for await port in ports {
                try await test(port)
                break
            }
            stop.yield()
            try await group.waitForAll()
        }
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < end {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test(arguments: [LineServer.Transport.tcp, .udp])
    func `lines of Graphite become series`(transport: LineServer.Transport) async throws {
        let log = SeriesLog()
        let receiver = GraphiteReceiver(SampleIntake(storage: log) { 1_700_000_000_000 }, keepsNames: false, metrics: MetricRegistry())
        try await run(receiver.server(transport)) { port in
            try await send("servers.web1.load;rack=a 0.25 1700000000\nnonsense\nplain 1", transport, to: port)
            #expect(await eventually { log.series == [#"servers_web1_load{rack="a"}"#, "plain"] }, "\(log.series)")
        }
    }

    /// A limiter of ten samples a second, with a clock that a test turns.
    private func limiter(_ clock: TurnedClock) -> ClientLimiter {
        var rates = ClientRates()
        rates.items = 10
        rates.burstSeconds = 1
        return ClientLimiter(rates) { clock.value }
    }

    private func page(_ registry: MetricRegistry) -> String {
        var text: [UInt8] = []
        registry.render(.prometheus, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `a connection of a client over its limit waits, and nothing is lost`() async throws {
        let (log, clock, registry) = (SeriesLog(), TurnedClock(), MetricRegistry())
        let receiver = GraphiteReceiver(
            SampleIntake(storage: log) { 1_700_000_000_000 }, keepsNames: false, clients: limiter(clock), metrics: registry)
        try await run(receiver.server(.tcp)) { port in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port)
                .get()
            try await channel.writeAndFlush(ByteBuffer(string: (0..<40).map { "first\($0) 1 1700000000\n" }.joined()))
            #expect(await eventually { log.series.count == 40 })
            try await channel.writeAndFlush(ByteBuffer(string: "late 1 1700000000\n"))
            try await Task.sleep(for: .milliseconds(300))
            #expect(log.series.count == 40)
            clock.advance(seconds: 3)
            try await Task.sleep(for: .milliseconds(1200))
            #expect(log.series.count == 40, "thirty samples are three seconds")
            clock.advance(seconds: 1)
            #expect(await eventually { log.series.contains("late") })
            try await channel.close()
        }
        let page = page(registry)
        #expect(page.contains(#"perch_line_receiver_held_back_total{limit="items",protocol="graphite"} 1"#), "\(page)")
        #expect(page.contains(#"perch_line_receiver_accepted_samples_total{protocol="graphite"} 41"#), "\(page)")
    }

    @Test func `datagrams of a client over its limit are dropped and counted`() async throws {
        let (log, clock, registry) = (SeriesLog(), TurnedClock(), MetricRegistry())
        let receiver = StatsDReceiver(
            SampleIntake(storage: log) { 1_700_000_000_000 }, clients: limiter(clock), metrics: registry, now: { 0 })
        try await run(receiver.server(.udp)) { port in
            try await send((0..<40).map { "first\($0):1:2|c\n" }.joined(), .udp, to: port)
            for _ in 0..<100 where log.series.isEmpty {
                await receiver.flush()
                try await Task.sleep(for: .milliseconds(20))
            }
            for _ in 0..<3 { try await send("dropped:1|c\nnonsense", .udp, to: port) }
            #expect(
                await eventually {
                    page(registry).contains(#"perch_line_receiver_dropped_datagrams_total{limit="items",protocol="statsd"} 3"#)
                })
            clock.advance(seconds: 8)
            try await send("late:1|c", .udp, to: port)
            for _ in 0..<100 where !log.series.contains("late") {
                await receiver.flush()
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(log.series.count == 41 && log.series.contains("late"))
        }
    }

    @Test func `paths stay as they are where that is asked for`() async throws {
        let log = SeriesLog()
        let receiver = GraphiteReceiver(SampleIntake(storage: log) { 1_700_000_000_000 }, keepsNames: true, metrics: MetricRegistry())
        try await run(receiver.server(.tcp)) { port in
            try await send("a.b 1 1700000000\n", .tcp, to: port)
            #expect(await eventually { log.series == [#"{"a.b"}"#] }, "\(log.series)")
        }
    }

    @Test(arguments: [LineServer.Transport.tcp, .udp])
    func `lines of StatsD are written when they are flushed`(transport: LineServer.Transport) async throws {
        let log = SeriesLog()
        let receiver = StatsDReceiver(SampleIntake(storage: log) { 1_700_000_000_000 }, metrics: MetricRegistry(), now: { 0 })
        try await run(receiver.server(transport)) { port in
            try await send("hits:1|c|#page:home\nload:3|g\nwrong\n", transport, to: port)
            // Over TCP, the lines may come one by one.
            let expected: Set = [#"hits{page="home"}"#, "load"]
            let end = ContinuousClock.now + .seconds(90)
            while Set(log.series) != expected, ContinuousClock.now < end {
                await receiver.flush()
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(Set(log.series) == expected)
        }
    }

    @Test func `a line without end closes its connection, and connections beyond the limit are closed`() async throws {
        let log = SeriesLog()
        let receiver = GraphiteReceiver(SampleIntake(storage: log) { 1_700_000_000_000 }, keepsNames: false, metrics: MetricRegistry())
        var limits = LineServer.Limits()
        limits.lineBytesMax = 1000
        limits.connectionsMax = 1
        try await run(receiver.server(.tcp, limits: limits)) { port in
            let first = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
            try await first.writeAndFlush(ByteBuffer(string: "a 1\n"))
            #expect(await eventually { log.series == ["a"] })
            let second = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port)
                .get()
            try await second.closeFuture.get()
            try? await first.writeAndFlush(ByteBuffer(string: String(repeating: "x", count: 5000)))
            try await first.closeFuture.get()
        }
    }
}
