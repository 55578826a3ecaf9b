internal import LogFormats
internal import TelemetryModel

/// Makes label sets of streams out of what senders say: valid names, `service_name`, limits.
struct StreamLabels: Sendable {
    private let options: LogIntakeOptions
    private static let serviceName = "service_name"

    init(_ options: LogIntakeOptions) { self.options = options }

    func stream(of fields: LogFields) -> LogStream {
        var packer = FieldPacker()
        packer.prepare(fields)
        var packed: [UInt8] = []
        packer.pack(fields, into: &packed)
        return stream(of: LabelSet(canonical: packed))
    }

    /// - Parameter labels: as the sender has them, with valid names.
    func stream(of labels: LabelSet) -> LogStream {
        let labels = withServiceName(labels)
        if labels.isEmpty { return .refused(.missingLabels, "error at least one label pair is required per stream") }
        if let refusal = refusal(of: labels) { return refusal }
        return .labels(labels, level: options.discoversLevels ? level(of: labels) : nil)
    }

    private func refusal(of labels: LabelSet) -> LogStream? {
        var count = 0
        for label in labels {
            if label.name != StreamLabels.serviceName { count += 1 }
            if label.name.utf8.count > options.labelNameBytesMax {
                return .refused(.labelNameTooLong, "stream '\(labels)' has label name too long: '\(label.name)'")
            }
            if label.value.utf8.count > options.labelValueBytesMax {
                return .refused(.labelValueTooLong, "stream '\(labels)' has label value too long: '\(label.value)'")
            }
        }
        if count > options.labelsPerStreamMax {
            return .refused(.tooManyLabels, "entry for stream '\(labels)' has \(count) label names; limit \(options.labelsPerStreamMax)")
        }
        return nil
    }

    private func withServiceName(_ labels: LabelSet) -> LabelSet {
        if options.serviceNameLabels.isEmpty || labels[StreamLabels.serviceName] != nil { return labels }
        let name = options.serviceNameLabels.lazy.compactMap { labels[$0] }.first
        return labels.setting(StreamLabels.serviceName, name ?? "unknown_service")
    }

    private func level(of labels: LabelSet) -> [UInt8]? {
        options.levelFields.lazy.compactMap { labels[$0] }.first.map { LogDelivery.normalized(Array($0.utf8)[...]) }
    }
}
