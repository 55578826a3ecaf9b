public import RemoteWriteFormat

/// One sample, histogram or exemplar that waits to be sent.
public struct QueuedItem: Sendable {
    /// Names the series within this process.
    public var series: UInt32
    /// The series' labels as they are sent, in canonical bytes.
    public var labels: [UInt8]
    public var element: RemoteWriteElement
    public var position: ItemPosition

    public init(series: UInt32, labels: [UInt8], element: RemoteWriteElement, position: ItemPosition) {
        self.series = series
        self.labels = labels
        self.element = element
        self.position = position
    }
}

/// Numbers of items by their kind.
public struct ItemCounts: Sendable, Hashable {
    public var samples = 0
    public var histograms = 0
    public var exemplars = 0

    public init(samples: Int = 0, histograms: Int = 0, exemplars: Int = 0) {
        self.samples = samples
        self.histograms = histograms
        self.exemplars = exemplars
    }

    public var total: Int { samples + histograms + exemplars }

    public mutating func add(_ content: RemoteWriteElement.Content) {
        switch content {
        case .sample: samples += 1
        case .histogram: histograms += 1
        case .exemplar: exemplars += 1
        }
    }

    public static func + (left: ItemCounts, right: ItemCounts) -> ItemCounts {
        ItemCounts(
            samples: left.samples + right.samples, histograms: left.histograms + right.histograms,
            exemplars: left.exemplars + right.exemplars)
    }

    public static func - (left: ItemCounts, right: ItemCounts) -> ItemCounts {
        ItemCounts(
            samples: left.samples - right.samples, histograms: left.histograms - right.histograms,
            exemplars: left.exemplars - right.exemplars)
    }

    public static func += (left: inout ItemCounts, right: ItemCounts) { left = left + right }
    public static func -= (left: inout ItemCounts, right: ItemCounts) { left = left - right }
}

/// Why items are never sent; the raw values are Prometheus' words where it has one.
public enum DropReason: String, Sendable, Hashable, CaseIterable {
    /// A rule of `write_relabel_configs` drops the series.
    case relabeled = "dropped_series"
    case tooOld = "too_old"
    /// The queue on the disk was full.
    case queueFull = "queue_full"
    /// `send_exemplars` or `send_native_histograms` is off.
    case notWanted = "not_wanted"
}
