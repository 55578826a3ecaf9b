public import Ingestion
internal import NIOPosix
public import PerchMetrics
internal import PushFormats

/// Takes Graphite's plaintext protocol. Nobody is answered; what cannot be read is counted.
public final class GraphiteReceiver: Sendable {
    private let intake: SampleIntake
    private let keepsNames: Bool
    private let counters: LineCounters
    private let pool: NIOThreadPool

    /// Starts the threads on which samples are kept.
    ///
    /// - Parameter keepsNames: whether paths stay as they are; otherwise `a.b.c` becomes `a_b_c`.
    public init(_ intake: SampleIntake, keepsNames: Bool, metrics: MetricRegistry) {
        self.intake = intake
        self.keepsNames = keepsNames
        counters = LineCounters(metrics, protocol: "graphite")
        pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// A listener.
    public func server(_ transport: LineServer.Transport, limits: LineServer.Limits = LineServer.Limits()) -> LineServer {
        LineServer(transport, limits: limits, counters: counters) { [self] lines in await take(lines) }
    }

    private func take(_ lines: [UInt8]) async {
        let (intake, keepsNames) = (intake, keepsNames)
        let outcome = try? await pool.runIfActive {
            intake.deliver { delivery in
                for bytes in lines.split(separator: UInt8(ascii: "\n")) {
                    do throws(GraphiteLine.Fault) {
                        guard let line = try GraphiteLine(bytes) else { continue }
                        delivery.append(key: line.series, line.value, at: line.timestamp) { line.labels(keepsNames: keepsNames) }
                    } catch {
                        delivery.reject(error.description)
                    }
                }
            }
        }
        guard let outcome else { return }
        counters.accepted.increment(by: outcome.acceptedPoints)
        counters.rejected.increment(by: outcome.rejectedPoints)
    }
}
