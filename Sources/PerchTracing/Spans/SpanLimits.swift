/// How much one span may hold. What is beyond is dropped and counted (OpenTelemetry, "Span Limits").
public struct SpanLimits: Sendable, Hashable {
    public var attributesMax = 128
    public var eventsMax = 128
    public var linksMax = 128
    public var attributesPerEventMax = 128
    public var attributesPerLinkMax = 128

    public init() {}
}
