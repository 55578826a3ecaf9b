public import TelemetryModel

extension MetricStorage {
    /// Says what a metric family is. Cheap where nothing changes, so that every scrape may say it again.
    ///
    /// Families beyond ``MetricStorageOptions/metadataFamiliesMax`` are left out.
    public func setMetadata(family: String, _ metadata: MetricMetadata) throws(MetricStorageError) {
        do { try metadataTable.set(family, metadata) } catch { throw MetricStorageError(error, path: directory) }
    }

    /// What is known of a family, or nil.
    public func metadata(family: String) -> MetricMetadata? { metadataTable.metadata(of: family) }

    /// Every family with what is known of it, sorted by name.
    public func metadata() -> [(family: String, metadata: MetricMetadata)] { metadataTable.all }
}
