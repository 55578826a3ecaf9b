internal import ByteCoding

extension LogFormatError {
    init(_ fault: JSONFault) { self.init("not the JSON that is expected: \(fault.message)", at: fault.offset) }

    init(_ error: ByteCodingError) { self.init("not the protobuf that is expected: \(error)", at: error.offset) }

    /// Runs a decoder of JSON whose faults become errors of the format.
    static func ofJSON<Value>(_ body: () throws(JSONFault) -> Value) throws(LogFormatError) -> Value {
        do throws(JSONFault) { return try body() } catch { throw LogFormatError(error) }
    }
}
