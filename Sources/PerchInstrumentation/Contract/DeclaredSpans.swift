public import PerchMetrics
internal import PerchTracing
public import Tracing

extension SpanDeclaration {
    /// Does work within a span as it was declared.
    ///
    ///     try await telemetry.placing.with("o-17", .gold) { span in try await place(order) }
    ///
    /// - Parameter values: the attributes' values, in the order of their declaration.
    public func with<Result>(
        _ values: repeat each Value, tracer: any Tracer = InstrumentationSystem.tracer, isolation: isolated (any Actor)? = #isolation,
        _ work: (any Span) async throws -> Result
    ) async rethrows -> Result {
        let pairs = attributes(repeat each values)
        return try await tracer.withAnySpan(name, ofKind: kind.spanKind, isolation: isolation) { span in
            set(pairs, on: span)
            return try await work(span)
        }
    }

    /// Begins a span as it was declared. Whoever began it ends it.
    ///
    /// - Parameter values: the attributes' values, in the order of their declaration.
    public func start(
        _ values: repeat each Value, tracer: any Tracer = InstrumentationSystem.tracer,
        context: @autoclosure () -> InstrumentationContext = .current ?? .topLevel
    ) -> any Span {
        let span = tracer.startAnySpan(name, context: context(), ofKind: kind.spanKind)
        set(attributes(repeat each values), on: span)
        return span
    }

    private func set(_ attributes: [(name: String, value: DeclaredField.Value)], on span: any Span) {
        if attributes.isEmpty || !span.isRecording { return }
        span.updateAttributes { all in
            for (name, value) in attributes { all.set(name, value: value.spanAttribute) }
        }
    }
}

extension DeclaredField.Value {
    fileprivate var spanAttribute: SpanAttribute {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int64(Int64(number))
        case .double(let number): .double(number)
        case .bool(let flag): .bool(flag)
        }
    }
}

extension DeclaredSpanKind {
    fileprivate var spanKind: SpanKind {
        switch self {
        case .internal: .internal
        case .server: .server
        case .client: .client
        case .producer: .producer
        case .consumer: .consumer
        }
    }
}
