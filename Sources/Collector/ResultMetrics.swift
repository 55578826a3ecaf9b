internal import PerchMetrics
internal import PromQL

/// What the results kept for later range queries say of themselves, under `perch_query_results_*`.
enum ResultMetrics {
    static func register(_ results: RecentResults, in registry: MetricRegistry) {
        let counters: [(name: String, help: String, value: @Sendable (RecentResults.Statistics) -> Int)] = [
            ("hits_total", "Range queries all of whose steps were known from earlier ones.", { $0.hits }),
            ("partial_hits_total", "Range queries some of whose steps were known.", { $0.partialHits }),
            ("misses_total", "Range queries none of whose steps were known.", { $0.misses }),
            ("steps_reused_total", "Steps of range queries that were known.", { $0.stepsReused }),
            ("steps_evaluated_total", "Steps of range queries that had to be evaluated though results are kept.", { $0.stepsEvaluated }),
            ("dropped_total", "Queries whose results were dropped for room.", { $0.dropped }),
        ]
        for counter in counters {
            registry.counterFunction("perch_query_results_" + counter.name, help: counter.help) {
                Double(counter.value(results.statistics))
            }
        }
        registry.gaugeFunction("perch_query_results_entries", help: "Queries whose results are kept.") {
            Double(results.statistics.entries)
        }
        registry.gaugeFunction("perch_query_results_bytes", help: "Memory of the results that are kept.", unit: "bytes") {
            Double(results.statistics.bytes)
        }
    }
}
