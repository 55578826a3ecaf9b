internal import HTTPAPI
internal import LabelMatching
internal import MetricStorage
internal import NIOPosix
internal import PromQL
internal import TraceStorage

extension HTTPSurface {
    /// What the administration over HTTP does.
    static func adminActions(
        _ options: ServeOptions, _ storage: MetricStorage, _ traces: TraceStorage, _ blocking: NIOThreadPool
    ) -> AdminAPI.Actions {
        let snapshots = StorageSnapshots(dataDirectory: options.dataDirectory, storage: storage, traces: traces, clock: SystemClock.now)
        return AdminAPI.Actions(
            delete: { selector, range in try await blocking.runIfActive { try storage.delete(selector.matchers, in: range) } },
            clean: { try await blocking.runIfActive { try storage.eraseDeleted() } },
            snapshot: { skippingHead in try await blocking.runIfActive { try snapshots.make(skippingHead: skippingHead) } })
    }

    /// What of Prometheus' features outside of PromQL is there, by its names.
    static func features(_ options: ServeOptions) -> [String: [String: Bool]] {
        [
            "api": [
                "admin": options.adminAPIEnabled, "exclude_alerts": true, "label_values_match": true, "lifecycle": true,
                "otlp_write_receiver": false, "query_stats": true, "query_warnings": true, "remote_write_receiver": true, "search": false,
                "time_range_labels": true, "time_range_series": true,
            ],
            "prometheus": ["agent_mode": false, "auto_reload_config": false, "server_mode": true],
            "scrape": [
                "extra_scrape_metrics": true, "start_timestamp_zero_ingestion": false,
                "type_and_unit_labels": options.features.contains(.typeAndUnitLabels),
            ],
            "service_discovery_providers": ["file": true, "static": true],
            "tsdb": ["exemplar_storage": true, "native_histograms": true],
        ]
    }

    /// Says so where the latest reload failed, in Prometheus' words.
    static func notifications(_ configuration: ConfigurationInForce) -> @Sendable () -> [FeaturesAPI.Notification] {
        {
            let reload = configuration.lastReload
            return reload.succeeded ? [] : [.init(text: "Configuration reload has failed.", date: reload.at)]
        }
    }
}
