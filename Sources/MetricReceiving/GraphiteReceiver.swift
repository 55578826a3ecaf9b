public import Ingestion
internal import NIOPosix
public import PerchMetrics
internal import PushFormats

/// Takes Graphite's plaintext protocol. Nobody is answered; what cannot be read is counted.
public final class GraphiteReceiver: Sendable {
    private let intake: SampleIntake
    private let keepsNames: Bool
    private let counters: LineCounters
    private let clients: ClientLimiter?
    private let pool: NIOThreadPool

    /// Starts the threads on which samples are kept.
    ///
    /// - Parameters:
    ///   - keepsNames: whether paths stay as they are; otherwise `a.b.c` becomes `a_b_c`.
    ///   - clients: what each client is held to; nil for nothing.
    public init(_ intake: SampleIntake, keepsNames: Bool, clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.intake = intake
        self.clients = clients
        self.keepsNames = keepsNames
        counters = LineCounters(metrics, protocol: "graphite")
        pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// A listener.
    public func server(_ transport: LineServer.Transport, limits: LineServer.Limits = LineServer.Limits()) -> LineServer {
        LineServer(transport, limits: limits, counters: counters, clients: clients) { [self] lines in await take(lines) }
    }

    private func take(_ lines: [UInt8]) async -> Int {
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
        guard let outcome else { return 0 }
        counters.accepted.increment(by: outcome.acceptedPoints)
        counters.rejected.increment(by: outcome.rejectedPoints)
        return outcome.acceptedPoints + outcome.rejectedPoints
    }
}
