public import Ingestion
internal import NIOPosix
public import PerchMetrics
internal import PushFormats
internal import Synchronization
public import TelemetryModel

/// Takes StatsD's lines and adds them up; what came of it is written at an interval.
public final class StatsDReceiver: Sendable {
    private let intake: SampleIntake
    private let counters: LineCounters
    private let clients: ClientLimiter?
    private let state = Mutex(StatsDAggregate())
    private let now: @Sendable () -> Timestamp
    private let pool: NIOThreadPool

    /// Starts the thread on which samples are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(
        _ intake: SampleIntake, clients: ClientLimiter? = nil, metrics: MetricRegistry, now: @escaping @Sendable () -> Timestamp
    ) {
        self.intake = intake
        self.clients = clients
        self.now = now
        counters = LineCounters(metrics, protocol: "statsd")
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// A listener.
    public func server(_ transport: LineServer.Transport, limits: LineServer.Limits = LineServer.Limits()) -> LineServer {
        LineServer(transport, limits: limits, counters: counters, clients: clients) { [self] lines in take(lines) }
    }

    /// Takes lines, and gives the number of values in them; a line that cannot be read counts as one.
    func take(_ lines: [UInt8]) -> Int {
        let time = now()
        var values = 0
        for bytes in lines.split(separator: UInt8(ascii: "\n")) {
            do throws(StatsDLine.Fault) {
                guard let line = try StatsDLine(bytes) else { continue }
                values += max(1, line.values.count + line.members.count)
                if !state.withLock({ $0.add(line, now: time) }) { counters.rejected.increment() }
            } catch {
                values += 1
                counters.rejected.increment()
            }
        }
        return values
    }

    /// Writes what was added up since the start.
    public func flush() async {
        let samples = state.withLock { [now] in $0.flush(now: now()) }
        if samples.isEmpty { return }
        let intake = intake
        let outcome = try? await pool.runIfActive { StatsDReceiver.write(samples, to: intake) }
        guard let outcome else { return }
        counters.accepted.increment(by: outcome.acceptedPoints)
        counters.rejected.increment(by: outcome.rejectedPoints)
    }

    static func write(_ samples: [StatsDAggregate.Sample], to intake: SampleIntake) -> MetricDeliveryOutcome {
        intake.deliver { delivery in
            for sample in samples {
                switch sample.value {
                case .float(let value): delivery.append(key: sample.key, value, at: nil) { sample.labels }
                case .histogram(let histogram): delivery.append(key: sample.key, histogram, at: nil) { sample.labels }
                }
                if sample.isNew, let name = sample.labels.first(where: { $0.name == LabelName.metricName })?.value {
                    delivery.metadata[name] = MetricMetadata(type: sample.type)
                }
            }
        }
    }
}
