import Synchronization
import Tracing

@testable import PerchTracing

/// Headers of a request, as a dictionary.
struct Headers: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Collects spans as they end.
final class CollectedSpans: Sendable {
    private let spans = Mutex<[FinishedSpan]>([])

    var sink: ImmediateSpans { ImmediateSpans { span in self.spans.withLock { $0.append(span) } } }
    var all: [FinishedSpan] { spans.withLock { $0 } }
    var names: [String] { all.map(\.name) }
}

func tracer(_ spans: CollectedSpans, _ change: (inout PerchTracer.Configuration) -> Void = { _ in }) -> PerchTracer {
    var configuration = PerchTracer.Configuration()
    change(&configuration)
    return PerchTracer(configuration, sink: spans.sink)
}
