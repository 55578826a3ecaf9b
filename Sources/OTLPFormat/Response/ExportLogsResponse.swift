/// `ExportLogsServiceResponse`: what became of the records of a request that was taken.
public struct ExportLogsResponse: Sendable, Hashable {
    public var rejectedRecords: Int64
    public var message: String

    public init(rejectedRecords: Int64 = 0, message: String = "") {
        self.rejectedRecords = rejectedRecords
        self.message = message
    }

    /// Without anything rejected and anything to say, `partial_success` is left out: the bytes are none then, or `{}`.
    public func encoded(as encoding: OTLPEncoding) -> [UInt8] {
        PartialSuccess(rejected: rejectedRecords, member: "rejectedLogRecords", message: message).encoded(as: encoding)
    }
}
