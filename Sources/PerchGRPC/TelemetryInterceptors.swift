public import CoreMetrics
public import GRPCCore
internal import Synchronization
public import Tracing

/// Records the calls that a gRPC client makes, in the names of OpenTelemetry's semantic conventions: a client span each, which travels with
/// the call, and the metric `rpc.client.call.duration`.
public struct ClientTelemetryInterceptor: ClientInterceptor {
    private let tracer: (any Tracer)?
    private let instruments: RPCInstruments

    /// - Parameters: where metrics and spans are made; what the process was set up with unless given.
    public init(metrics: any MetricsFactory = MetricsSystem.factory, tracer: (any Tracer)? = nil) {
        self.tracer = tracer
        instruments = RPCInstruments("rpc.client.call.duration", metrics)
    }

    public func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingClientRequest<Input>, context: ClientContext,
        next: (_ request: StreamingClientRequest<Input>, _ context: ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
        let tracer = tracer ?? InstrumentationSystem.tracer
        let call = RPCCall(context.descriptor, tracer, .client, in: .current ?? .topLevel, instruments)
        var request = request
        tracer.inject(call.span.context, into: &request.metadata, using: MetadataInjector())
        let ready = request
        do {
            var response = try await InstrumentationContext.withValue(call.span.context) { try await next(ready, context) }
            switch response.accepted {
            case .failure(let error): call.finish(error)
            case .success(var contents):
                // The call ends with its last message.
                let parts = contents.bodyParts
                contents.bodyParts = RPCAsyncSequence(wrapping: EndingParts(parts: parts, call: call))
                response.accepted = .success(contents)
            }
            return response
        } catch {
            call.finish(error)
            throw error
        }
    }
}

/// Records the calls that a gRPC server answers: a server span each, within the caller's trace, and the metric `rpc.server.call.duration`.
public struct ServerTelemetryInterceptor: ServerInterceptor {
    private let tracer: (any Tracer)?
    private let instruments: RPCInstruments

    /// - Parameters: where metrics and spans are made; what the process was set up with unless given.
    public init(metrics: any MetricsFactory = MetricsSystem.factory, tracer: (any Tracer)? = nil) {
        self.tracer = tracer
        instruments = RPCInstruments("rpc.server.call.duration", metrics)
    }

    public func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @Sendable (_ request: StreamingServerRequest<Input>, _ context: ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let tracer = tracer ?? InstrumentationSystem.tracer
        var around = InstrumentationContext.current ?? .topLevel
        tracer.extract(request.metadata, into: &around, using: MetadataExtractor())
        let call = RPCCall(context.descriptor, tracer, .server, in: around, instruments)
        do {
            var response = try await InstrumentationContext.withValue(call.span.context) { try await next(request, context) }
            switch response.accepted {
            case .failure(let error): call.finish(error)
            case .success(var contents):
                let producer = contents.producer
                contents.producer = { writer in
                    do {
                        let trailers = try await InstrumentationContext.withValue(call.span.context) { try await producer(writer) }
                        call.finish(nil)
                        return trailers
                    } catch {
                        call.finish(error)
                        throw error
                    }
                }
                response.accepted = .success(contents)
            }
            return response
        } catch {
            call.finish(error)
            throw error
        }
    }
}

/// Messages of a call, which ends when they do.
private struct EndingParts<Parts: AsyncSequence & Sendable>: AsyncSequence, Sendable {
    typealias Element = Parts.Element
    typealias Failure = any Error
    let parts: Parts
    let call: RPCCall

    func makeAsyncIterator() -> Iterator { Iterator(iterator: parts.makeAsyncIterator(), call: call) }

    struct Iterator: AsyncIteratorProtocol {
        var iterator: Parts.AsyncIterator
        let call: RPCCall

        mutating func next() async throws -> Parts.Element? {
            do {
                let part = try await iterator.next()
                if part == nil { call.finish(nil) }
                return part
            } catch {
                call.finish(error)
                throw error
            }
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Parts.Element? {
            do {
                let part = try await iterator.next(isolation: actor)
                if part == nil { call.finish(nil) }
                return part
            } catch {
                call.finish(error)
                throw error
            }
        }
    }
}

/// One call from its beginning to its end.
private final class RPCCall: Sendable {
    let span: any Span
    private let service: String
    private let method: String
    private let instruments: RPCInstruments
    private let started = ContinuousClock.now
    private let isFinished = Atomic<Bool>(false)

    init(
        _ descriptor: MethodDescriptor, _ tracer: any Tracer, _ kind: SpanKind, in context: InstrumentationContext,
        _ instruments: RPCInstruments
    ) {
        service = descriptor.service.fullyQualifiedService
        method = descriptor.method
        self.instruments = instruments
        span = tracer.startAnySpan(descriptor.fullyQualifiedMethod, context: context, ofKind: kind)
        if span.isRecording {
            span.attributes = ["rpc.system": "grpc", "rpc.service": .string(service), "rpc.method": .string(method)]
        }
    }

    // A client need not read a call to its end.
    deinit { finish(nil) }

    func finish(_ error: (any Error)?) {
        if isFinished.exchange(true, ordering: .relaxed) { return }
        let code = error.map { ($0 as? RPCError)?.code ?? ($0 is CancellationError ? .cancelled : .unknown) }
        instruments.duration(service, method, status: code?.rawValue ?? 0)
            .recordNanoseconds(Int64(min((ContinuousClock.now - started) / .nanoseconds(1), 0x1p62)))
        span.attributes["rpc.grpc.status_code"] = code?.rawValue ?? 0
        if let error {
            span.recordError(error)
            span.setStatus(SpanStatus(code: .error, message: code?.description))
        }
        span.end()
    }
}

private struct MetadataInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout Metadata) {
        carrier.replaceOrAddString(value, forKey: key.lowercased())
    }
}

private struct MetadataExtractor: Extractor {
    func extract(key: String, from carrier: Metadata) -> String? {
        let values = Array(carrier[stringValues: key])
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

/// The timers, one for each method and status.
private final class RPCInstruments: Sendable {
    private struct Key: Hashable {
        let service: String
        let method: String
        let status: Int
    }

    private let label: String
    private let factory: any MetricsFactory
    private let timers = Mutex<[Key: Timer]>([:])

    init(_ label: String, _ factory: any MetricsFactory) {
        self.label = label
        self.factory = factory
    }

    func duration(_ service: String, _ method: String, status: Int) -> Timer {
        let key = Key(service: service, method: method, status: status)
        return timers.withLock { timers in
            if let known = timers[key] { return known }
            let made = Timer(
                label: label,
                dimensions: [
                    ("rpc.system", "grpc"), ("rpc.service", service), ("rpc.method", method), ("rpc.grpc.status_code", String(status)),
                ], factory: factory)
            timers[key] = made
            return made
        }
    }
}
