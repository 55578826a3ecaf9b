public import Ingestion
public import PerchMetrics

/// All receivers of spans.
public final class SpanReceiver: Sendable {
    public typealias Limits = ReceiverLimits

    /// By which way spans come, as the metrics name it.
    public enum Source: String, Sendable, CaseIterable {
        case otlpGRPC = "otlp_grpc"
        case otlpHTTPProtobuf = "otlp_http_protobuf"
        case otlpHTTPJSON = "otlp_http_json"
        case jaegerCompact = "jaeger_agent_compact"
        case jaegerBinary = "jaeger_agent_binary"
        case jaegerHTTP = "jaeger_http"
        case zipkin
    }

    /// Makes OTLP of a message in another format.
    public typealias Conversion = @Sendable ([UInt8]) throws(SpanConversionError) -> [UInt8]

    let limits: Limits
    private let spans: any SpanAppending
    private let messages: MessageReceiver<SpanAppendOutcome, Source>

    /// Starts the threads on which spans are kept.
    ///
    /// - Parameter clients: what each client is held to; nil for nothing.
    public init(spans: any SpanAppending, limits: Limits = Limits(), clients: ClientLimiter? = nil, metrics: MetricRegistry) {
        self.spans = spans
        self.limits = limits
        messages = MessageReceiver(
            limits, clients: clients, metrics,
            .init(
                prefix: "perch_receiver", items: SpanAppendOutcome.items, unit: "spans", faults: "wrong or too much", countsReceived: true))
    }

    /// Ends the threads once what was begun is kept.
    public func shutdown() async throws { try await messages.shutdown() }

    /// Takes memory for a message that is on its way by another server; false where there is no more to take.
    public func take(bytes: Int) -> Bool { messages.take(bytes: bytes) }

    /// Gives back what was taken.
    public func give(bytes: Int) { messages.give(bytes: bytes) }

    /// Takes a message of OTLP that is in memory already.
    public func receive(_ source: Source, otlp message: [UInt8], from client: ClientIdentity) async -> SpanAppendOutcome {
        let spans = spans
        return await messages.receive(message, of: source, from: client) { message in message.withUnsafeBytes { spans.append(otlp: $0) } }
    }

    /// Takes a message in another format, which is converted on a thread that may block.
    public func receive(
        _ source: Source, bytes: [UInt8], from client: ClientIdentity, converting convert: @escaping Conversion
    ) async -> SpanAppendOutcome {
        let spans = spans
        return await messages.receive(bytes, of: source, from: client) { SpanReceiver.append($0, convert, to: spans) }
    }

    /// Takes the spans of a request's body.
    ///
    /// - Parameters:
    ///   - bytesMax: of the body as sent, and decompressed.
    ///   - convert: makes OTLP of the body; nil where it is OTLP.
    func receive(
        _ call: APICall, as source: Source, coding: RequestCoding, bytesMax: Int, converting convert: Conversion? = nil
    ) async -> SpanAppendOutcome {
        let spans = spans
        return await messages.receive(call, of: source, codecs: coding.codecs, bytesMax: bytesMax) { body in
            let outcome = convert.map { SpanReceiver.append(Array(body), $0, to: spans) } ?? spans.append(otlp: body)
            return (outcome, nil as Never?)
        }.outcome
    }

    private static func append(_ bytes: [UInt8], _ convert: Conversion, to spans: any SpanAppending) -> SpanAppendOutcome {
        do throws(SpanConversionError) {
            return try convert(bytes).withUnsafeBytes { spans.append(otlp: $0) }
        } catch {
            return SpanAppendOutcome(refusal: .malformed(error.message))
        }
    }
}

/// A message of a format that cannot be read.
public struct SpanConversionError: Error, Sendable {
    public let message: String

    public init(_ message: String) { self.message = message }
}
