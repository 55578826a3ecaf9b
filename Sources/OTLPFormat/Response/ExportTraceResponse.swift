/// `ExportTraceServiceResponse`: what became of the spans of a request that was taken.
public struct ExportTraceResponse: Sendable, Hashable {
    public var rejectedSpans: Int64
    public var message: String

    public init(rejectedSpans: Int64 = 0, message: String = "") {
        self.rejectedSpans = rejectedSpans
        self.message = message
    }

    /// Without anything rejected and anything to say, `partial_success` is left out: the bytes are none then, or `{}`.
    public func encoded(as encoding: OTLPEncoding) -> [UInt8] {
        PartialSuccess(rejected: rejectedSpans, member: "rejectedSpans", message: message).encoded(as: encoding)
    }
}
