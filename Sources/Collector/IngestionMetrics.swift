internal import Ingestion
internal import Logging
internal import PerchMetrics

/// What ingestion says of itself, under `perch_ingestion_*`.
enum IngestionMetrics {
    /// - Parameter statistics: of all ways by which samples come.
    static func register(_ statistics: @escaping @Sendable () -> IngestionStatistics, in registry: MetricRegistry) {
        let counters: [(name: String, help: String, value: @Sendable (IngestionStatistics) -> Int)] = [
            ("requests_total", "Requests taken from senders.", { $0.requests }),
            ("requests_failed_total", "Requests of which nothing was kept.", { $0.requestsFailed }),
            ("samples_written_total", "Float samples kept.", { $0.samplesWritten }),
            ("histograms_written_total", "Native histogram samples kept.", { $0.histogramsWritten }),
            ("exemplars_written_total", "Exemplars kept.", { $0.exemplarsWritten }),
        ]
        for counter in counters {
            registry.counterFunction("perch_ingestion_" + counter.name, help: counter.help) { Double(counter.value(statistics())) }
        }
        registry.collected("perch_ingestion_rejected_total", kind: .counter, help: "Samples, histograms and exemplars refused, by reason.")
        {
            for (reason, count) in statistics().rejected { $0.add(["reason": reason], Double(count)) }
        }
    }

    /// What holds clients to their limits; nil where there are none.
    static func clientLimiter(_ rates: ClientRates, in registry: MetricRegistry, logger: Logger) -> ClientLimiter? {
        guard rates.isLimited else { return nil }
        let limiter = ClientLimiter(rates) {
            Int64(clamping: SystemClock.nanoseconds())
        } report: { refusal in
            logger.warning("a client is over a limit", metadata: ["reason": .string(refusal.message)])
        }
        registry.collected(
            "perch_ingestion_client_limited_total", kind: .counter,
            help: "Requests and datagrams refused, and times that connections were held back, because their client was over a limit."
        ) { [limiter] in
            let refusals = limiter.refusals
            $0.add(["limit": "requests"], Double(refusals.requests))
            $0.add(["limit": "bytes"], Double(refusals.bytes))
            $0.add(["limit": "items"], Double(refusals.items))
        }
        return limiter
    }
}
