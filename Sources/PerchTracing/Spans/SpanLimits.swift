/// How much one span may hold. What is beyond is dropped and counted (OpenTelemetry, "Span Limits").
public struct SpanLimits: Sendable, Hashable {
    public var attributesMax = 128
    /// Characters of UTF-8 of a value that is text; nil for any number. Longer ones are cut.
    public var attributeBytesMax: Int?
    public var eventsMax = 128
    public var linksMax = 128
    public var attributesPerEventMax = 128
    public var attributesPerLinkMax = 128

    public init() {}
}
