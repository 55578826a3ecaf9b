/// The series of a service that a server has, by the names of their samples.
public struct ArrivedMetrics: Sendable {
    /// What is known of a label of one metric.
    struct Values: Sendable {
        /// Series that have it.
        var seriesCount = 0
        var all: Set<String> = []
        /// Those that were there in the first half of the time looked at.
        var early: Set<String> = []

        /// Whether there are many values, and a good part of them are new.
        var isGrowing: Bool { all.count >= 20 && early.count * 3 < all.count * 2 }
    }

    struct Metric: Sendable {
        var seriesCount = 0
        var labels: [String: Values] = [:]
    }

    /// What a server knows of a metric family.
    public struct Description: Sendable, Hashable {
        public var type: String
        public var help: String
        public var unit: String

        public init(type: String, help: String, unit: String) {
            self.type = type
            self.help = help
            self.unit = unit
        }
    }

    private(set) var metrics: [String: Metric] = [:]
    var descriptions: [String: [Description]] = [:]

    /// - Parameter descriptions: by the names of families.
    public init(descriptions: [String: [Description]] = [:]) { self.descriptions = descriptions }

    /// Takes a series of the whole time.
    public mutating func add(_ labels: [String: String]) {
        guard let name = labels["__name__"] else { return }
        metrics[name, default: Metric()].seriesCount += 1
        // What a metric has no room for has none of its labels.
        let isOverflow = labels[Contract.overflowLabel] != nil
        for (label, value) in labels where label != "__name__" && (!isOverflow || label == Contract.overflowLabel) {
            metrics[name]?.labels[label, default: Values()].seriesCount += 1
            metrics[name]?.labels[label]?.all.insert(value)
        }
        if isOverflow { metrics[name]?.seriesCount -= 1 }
    }

    /// Takes a series that was there in the first half of the time. Such a series has to be given to ``add(_:)``, too.
    public mutating func addEarly(_ labels: [String: String]) {
        guard let name = labels["__name__"] else { return }
        for (label, value) in labels where label != "__name__" { metrics[name]?.labels[label]?.early.insert(value) }
    }
}
