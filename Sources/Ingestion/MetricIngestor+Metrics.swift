public import PerchMetrics

extension MetricIngestor {
    /// Puts what was taken and refused into the exposition.
    public func register(in registry: MetricRegistry) {
        func counter(_ name: String, help: String, _ value: @escaping @Sendable (IngestionStatistics) -> Int) {
            registry.counterFunction(name, help: help) { [weak self] in self.map { Double(value($0.statistics)) } ?? 0 }
        }
        counter("perch_ingestion_requests_total", help: "Remote write requests.") { $0.requests }
        counter("perch_ingestion_requests_failed_total", help: "Remote write requests of which nothing was kept.") { $0.requestsFailed }
        counter("perch_ingestion_samples_total", help: "Float samples kept from senders.") { $0.samplesWritten }
        counter("perch_ingestion_histograms_total", help: "Native histograms kept from senders.") { $0.histogramsWritten }
        counter("perch_ingestion_exemplars_total", help: "Exemplars kept from senders.") { $0.exemplarsWritten }
        registry.collected(
            "perch_ingestion_rejected_total", kind: .counter, help: "Samples, histograms and exemplars refused, by reason."
        ) { [weak self] samples in
            for (reason, count) in self?.statistics.rejected.sorted(by: { $0.key < $1.key }) ?? [] {
                samples.add(["reason": reason], Double(count))
            }
        }
    }
}
