/// `ExportMetricsServiceResponse`: what became of the points of a request that was taken.
public struct ExportMetricsResponse: Sendable, Hashable {
    public var rejectedPoints: Int64
    public var message: String

    public init(rejectedPoints: Int64 = 0, message: String = "") {
        self.rejectedPoints = rejectedPoints
        self.message = message
    }

    /// Without anything rejected and anything to say, `partial_success` is left out: the bytes are none then, or `{}`.
    public func encoded(as encoding: OTLPEncoding) -> [UInt8] {
        PartialSuccess(rejected: rejectedPoints, member: "rejectedDataPoints", message: message).encoded(as: encoding)
    }
}
