public import Tracing

/// The headers that a trace travels in, kept with what is done later on its behalf.
public struct TraceHeaders: Sendable, Codable {
    private var headers: [String: String] = [:]

    public init(_ context: InstrumentationContext?, _ tracer: any Tracer) {
        if let context { tracer.inject(context, into: &headers, using: DictionaryInjector()) }
    }

    /// The context of the trace, if there was one.
    public func context(_ tracer: any Tracer) -> InstrumentationContext? {
        if headers.isEmpty { return nil }
        var context = InstrumentationContext.topLevel
        tracer.extract(headers, into: &context, using: DictionaryExtractor())
        return context
    }

    private struct DictionaryInjector: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }

    private struct DictionaryExtractor: Extractor {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }
}
