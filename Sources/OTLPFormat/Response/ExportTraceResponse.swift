internal import ByteCoding

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
        let isWhole = rejectedSpans == 0 && message.isEmpty
        switch encoding {
        case .protobuf:
            var writer = ProtobufWriter()
            if isWhole { return [] }
            writer.write(1) { partial in
                if rejectedSpans != 0 { partial.write(1, int64: rejectedSpans) }
                partial.write(2, text: message)
            }
            return writer.bytes
        case .json:
            var writer = JSONTextWriter()
            writer.beginObject()
            if !isWhole {
                writer.name("partialSuccess")
                writer.beginObject()
                if rejectedSpans != 0 {
                    writer.name("rejectedSpans")
                    writer.quoted(rejectedSpans)
                }
                if !message.isEmpty {
                    writer.name("errorMessage")
                    writer.value(message)
                }
                writer.endObject()
            }
            writer.endObject()
            return writer.bytes
        }
    }
}
