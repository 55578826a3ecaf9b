internal import Synchronization

/// All samples of one metric name.
final class Family: Sendable {
    private enum Source {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case function(@Sendable () -> Double)
    }

    private struct Child {
        let labels: RenderedLabels
        let source: Source
    }

    private struct State {
        /// Sorted by labels.
        var children: [Child] = []
        var collector: (@Sendable (inout CollectedSamples) -> Void)?

        /// Where a child with these labels is, or has to be put in.
        func place(of labels: RenderedLabels) -> (index: Int, found: Bool) {
            var low = 0
            var high = children.count
            while low < high {
                let middle = (low + high) / 2
                if children[middle].labels.bytes.lexicographicallyPrecedes(labels.bytes) { low = middle + 1 } else { high = middle }
            }
            return (low, low < children.count && children[low].labels == labels)
        }
    }

    let header: FamilyHeader
    private let state = Mutex(State())

    init(_ header: FamilyHeader) { self.header = header }

    func counter(_ labels: RenderedLabels) -> Counter {
        let source = source(labels) { .counter(Counter()) }
        guard case .counter(let counter) = source else { preconditionFailure("BUG: \(header.name) is computed, not counted") }
        return counter
    }

    func gauge(_ labels: RenderedLabels) -> Gauge {
        let source = source(labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = source else { preconditionFailure("BUG: \(header.name) is computed, not set") }
        return gauge
    }

    func histogram(_ labels: RenderedLabels, bounds: [Double]) -> Histogram {
        let source = source(labels) { .histogram(Histogram(bounds: bounds)) }
        guard case .histogram(let histogram) = source else { preconditionFailure("BUG: \(header.name) is no histogram") }
        precondition(histogram.bounds == bounds, "BUG: \(header.name) is already registered with other bounds")
        return histogram
    }

    func setFunction(_ labels: RenderedLabels, _ value: @escaping @Sendable () -> Double) {
        state.withLock { state in
            let place = state.place(of: labels)
            let child = Child(labels: labels, source: .function(value))
            if place.found { state.children[place.index] = child } else { state.children.insert(child, at: place.index) }
        }
    }

    func setCollector(_ collect: @escaping @Sendable (inout CollectedSamples) -> Void) { state.withLock { $0.collector = collect } }

    func remove(_ labels: RenderedLabels) {
        state.withLock { state in
            let place = state.place(of: labels)
            if place.found { state.children.remove(at: place.index) }
        }
    }

    private func source(_ labels: RenderedLabels, _ make: () -> Source) -> Source {
        state.withLock { state in
            let place = state.place(of: labels)
            if place.found { return state.children[place.index].source }
            let made = make()
            state.children.insert(Child(labels: labels, source: made), at: place.index)
            return made
        }
    }

    /// Appends header and samples; nothing where there are no samples.
    func render(_ exposition: TextExposition, into output: inout [UInt8]) {
        // Functions may take locks of their own, so they run outside of ours.
        let (children, collector) = state.withLock { ($0.children, $0.collector) }
        var collected = CollectedSamples()
        collector?(&collected)
        if children.isEmpty && collected.samples.isEmpty { return }
        exposition.appendHeader(header, to: &output)
        for child in children {
            switch child.source {
            case .counter(let counter): exposition.appendSample(header.name, child.labels.bytes, counter.value, to: &output)
            case .gauge(let gauge): exposition.appendSample(header.name, child.labels.bytes, gauge.value, to: &output)
            case .function(let value): exposition.appendSample(header.name, child.labels.bytes, value(), to: &output)
            case .histogram(let histogram): exposition.appendHistogram(header.name, child.labels.bytes, histogram, to: &output)
            }
        }
        for sample in collected.sorted() { exposition.appendSample(header.name, sample.labels.bytes, sample.value, to: &output) }
    }
}

/// Where a collecting function puts its samples.
public struct CollectedSamples {
    private(set) var samples: [(labels: RenderedLabels, value: Double)] = []

    /// Gives one sample. Of several with the same labels, the first counts.
    public mutating func add(_ labels: KeyValuePairs<String, String> = [:], _ value: Double) {
        samples.append((RenderedLabels(labels.map { ($0.key, $0.value) }), value))
    }

    func sorted() -> [(labels: RenderedLabels, value: Double)] {
        var seen: Set<RenderedLabels> = []
        return samples.filter { seen.insert($0.labels).inserted }
            .sorted { $0.labels.bytes.lexicographicallyPrecedes($1.labels.bytes) }
    }
}
