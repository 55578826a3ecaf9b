/// Bytes that cannot be decoded: what is wrong and where.
public struct ByteCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: UInt8, Sendable, Hashable {
        /// The bytes end inside a value.
        case truncated
        /// A variable-length integer does not fit 64 bits.
        case varintTooLong
        /// A length or count is larger than what can follow or than the caller's limit.
        case lengthTooLarge
        /// A value that the format does not allow here.
        case invalidValue
        /// A protobuf tag with field number 0 or a number above 2^29 - 1.
        case invalidFieldNumber
        /// A protobuf wire type that does not exist, or a group (long deprecated, refused).
        case unsupportedWireType
        /// A protobuf field whose wire type is not the one of its declared type.
        case wireTypeMismatch
        /// Text that is not UTF-8.
        case invalidUTF8
        /// Values within values beyond the limit.
        case nestedTooDeep
    }

    public let code: Code
    /// Offset from the start of the array that is read, of the value at fault.
    public let offset: Int

    @inlinable
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String {
        let what =
            switch code {
            case .truncated: "bytes end early"
            case .varintTooLong: "variable-length integer is longer than 64 bits"
            case .lengthTooLarge: "length is too large"
            case .invalidValue: "invalid value"
            case .invalidFieldNumber: "invalid field number"
            case .unsupportedWireType: "unsupported wire type"
            case .wireTypeMismatch: "field has another wire type than its declaration"
            case .invalidUTF8: "text is not UTF-8"
            case .nestedTooDeep: "values are nested too deep"
            }
        return "\(what) at byte \(offset)"
    }
}
