internal import ByteCoding

/// What the answers for all signals have in common: a message with a count and a text in field 1.
struct PartialSuccess {
    let rejected: Int64
    /// The count's name in JSON.
    let member: String
    let message: String

    func encoded(as encoding: OTLPEncoding) -> [UInt8] {
        let isWhole = rejected == 0 && message.isEmpty
        switch encoding {
        case .protobuf:
            var writer = ProtobufWriter()
            if isWhole { return [] }
            writer.write(1) { partial in
                if rejected != 0 { partial.write(1, int64: rejected) }
                partial.write(2, text: message)
            }
            return writer.bytes
        case .json:
            var writer = JSONTextWriter()
            writer.beginObject()
            if !isWhole {
                writer.name("partialSuccess")
                writer.beginObject()
                if rejected != 0 {
                    writer.name(member)
                    writer.quoted(rejected)
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
