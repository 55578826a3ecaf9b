public import PerchMetrics
public import PerchTracing
internal import PerchWire
internal import Synchronization

/// Sends the spans, log records and metrics of a process to a receiver of OTLP.
///
/// Everything waits in bounded queues, and this works on a task of its own: nobody who traces, logs or counts waits for it. What could not be sent is
/// counted (``register(in:)``).
public final class TelemetryExport: Sendable {
    public struct Configuration: Sendable {
        public var resource = TelemetryResource()
        public var retry = RetryPolicy()
        /// How long sending one message of a signal may take with all repetitions, where that is not what `retry` says.
        public var timeouts: [OTLPSignal: Duration] = [:]
        /// Where messages go while the receiver is away; nil for nowhere.
        public var spool: SpoolDirectory?
        /// How long a span waits for others at most.
        public var spanInterval = Duration.seconds(5)
        /// How long a log record waits for others at most.
        public var logInterval = Duration.seconds(1)
        /// How often metrics are sent.
        public var metricInterval = Duration.seconds(60)
        /// What is sent of counters and histograms.
        public var temporality = MetricTemporality.cumulative
        /// Text values of span attributes that are longer are cut.
        public var attributeBytesMax: Int?
        public var logLimits = LogRecordLimits()
        /// Told when something cannot be sent, at most once until it could be again; must not be logged through the queue that is exported.
        public var onProblem: @Sendable (String) -> Void = { _ in }

        public init() {}
    }

    private let transport: any OTLPTransport
    private let configuration: Configuration
    private let sender: MessageSender
    private let spans: SpanQueue?
    private let logs: LogQueue?
    private let metrics: MetricRegistry?
    private let deltas = Mutex(MetricDeltas())

    /// - Parameters: what is to be exported; nil leaves a signal out.
    public init(
        _ transport: any OTLPTransport, configuration: Configuration, spans: SpanQueue? = nil, logs: LogQueue? = nil,
        metrics: MetricRegistry? = nil
    ) {
        self.transport = transport
        self.configuration = configuration
        self.spans = spans
        self.logs = logs
        self.metrics = metrics
        sender = MessageSender(
            transport, policy: configuration.retry, timeouts: configuration.timeouts, spool: configuration.spool,
            onProblem: configuration.onProblem)
    }

    /// Exports until the task is cancelled. What waits then is left to ``flush(within:)``.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.transport.run() }
            if let spans {
                let (batches, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                spans.onBatch { wake.yield() }
                group.addTask { await self.tick(self.configuration.spanInterval, wake) }
                group.addTask { for await _ in batches { await self.exportSpans(isPatient: true) } }
            }
            if let logs {
                let (batches, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                logs.onBatch { wake.yield() }
                group.addTask { await self.tick(self.configuration.logInterval, wake) }
                group.addTask { for await _ in batches { await self.exportLogs(isPatient: true) } }
            }
            if metrics != nil {
                group.addTask {
                    while (try? await Task.sleep(for: self.configuration.metricInterval)) != nil {
                        await self.exportMetrics(isPatient: true)
                    }
                }
            }
            if configuration.spool != nil {
                group.addTask { while (try? await Task.sleep(for: .seconds(5))) != nil { await self.sender.sendSpooled() } }
            }
            await group.waitForAll()
        }
        spans?.onBatch(nil)
        logs?.onBatch(nil)
    }

    private func tick(_ interval: Duration, _ wake: AsyncStream<Void>.Continuation) async {
        // Without any pause this would do nothing else.
        while (try? await Task.sleep(for: max(interval, .milliseconds(1)))) != nil { wake.yield() }
        wake.finish()
    }

    /// Sends all that waits, metrics included, each message once; what cannot be sent goes to the disk or is given up.
    ///
    /// - Returns: whether that was done in time. Otherwise the rest waits on.
    @discardableResult
    public func flush(within timeout: Duration) async -> Bool {
        // A task of its own, since the caller's may be cancelled already.
        let work = Task {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await self.exportMetrics(isPatient: false)
                    await self.exportSpans(isPatient: false)
                    await self.exportLogs(isPatient: false)
                    return !Task.isCancelled
                }
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    return false
                }
                let isDone = await group.next() ?? false
                group.cancelAll()
                return isDone
            }
        }
        return await work.value
    }

    /// Lets go of connections. Nothing can be sent afterwards.
    public func shutdown() async { await transport.shutdown() }

    private func exportSpans(isPatient: Bool) async {
        guard let spans else { return }
        while !Task.isCancelled {
            let batch = spans.takeBatch()
            if batch.isEmpty { return }
            let message = OTLPSpans.encode(batch, resource: configuration.resource, attributeBytesMax: configuration.attributeBytesMax)
            await sender.send(message, .traces, items: batch.count, isPatient: isPatient)
        }
    }

    private func exportLogs(isPatient: Bool) async {
        guard let logs else { return }
        while !Task.isCancelled {
            let batch = logs.takeBatch()
            if batch.isEmpty { return }
            let message = OTLPLogs.encode(batch, resource: configuration.resource, limits: configuration.logLimits)
            await sender.send(message, .logs, items: batch.count, isPatient: isPatient)
        }
    }

    private func exportMetrics(isPatient: Bool) async {
        guard let metrics else { return }
        let (families, time) = taken(from: metrics)
        let points = families.reduce(0) { $0 + $1.points.count }
        if points == 0 { return }
        let message = OTLPMetrics.encode(families, resource: configuration.resource, time: time)
        await sender.send(message, .metrics, items: points, isPatient: isPatient)
    }
}

extension TelemetryExport {
    /// The metrics as they are to be sent, and when they were taken. Changes are told once, whatever becomes of the message.
    private func taken(from metrics: MetricRegistry) -> (families: [MetricFamilySnapshot], time: Int64) {
        if configuration.temporality == .cumulative { return (metrics.snapshot(), SystemTime.unixNanoseconds()) }
        // Snapshot and comparison are one step, so that two of them cannot overtake each other.
        return deltas.withLock { deltas in
            let families = metrics.snapshot()
            let time = SystemTime.unixNanoseconds()
            return (deltas.changes(in: families, time: time, includesComputed: configuration.temporality == .delta), time)
        }
    }

    /// Adds what became of spans, log records and metrics to a registry.
    public func register(in registry: MetricRegistry) {
        registry.collected(
            "perch_export_items_total", kind: .counter, help: "Spans, log records and samples by what became of them."
        ) { [sender, spans, logs, metrics] samples in
            let signals: [(OTLPSignal, UInt64?)] = [
                (.traces, spans?.droppedSpans), (.logs, logs?.droppedRecords), (.metrics, metrics == nil ? nil : 0),
            ]
            for (signal, dropped) in signals {
                guard let dropped else { continue }
                let counts = sender.counts(signal)
                let outcomes = [
                    ("sent", counts.sent), ("rejected", counts.rejected), ("failed", counts.failed), ("spooled", counts.spooled),
                    ("dropped", dropped),
                ]
                for (outcome, count) in outcomes { samples.add(["signal": signal.rawValue, "outcome": outcome], Double(count)) }
            }
        }
        registry.collected("perch_export_retries_total", kind: .counter, help: "Messages that were sent once more.") { [sender] samples in
            for signal in OTLPSignal.allCases {
                let retries = sender.counts(signal).retries
                if retries > 0 { samples.add(["signal": signal.rawValue], Double(retries)) }
            }
        }
        if let spool = configuration.spool {
            registry.gaugeFunction("perch_export_spooled_messages", help: "Messages that wait on the disk.") { Double(spool.count) }
            registry.counterFunction("perch_export_spool_dropped_messages_total", help: "Messages that the disk had no room for.") {
                Double(spool.droppedMessages)
            }
        }
    }
}
