internal import ByteCoding

/// The two encodings of Thrift that Jaeger's clients speak.
public enum ThriftEncoding: Sendable, Hashable, CaseIterable {
    case compact, binary
}

/// What a field or an element is, in either encoding.
enum ThriftType: Sendable, Hashable {
    /// Of a field in the compact encoding; an element of a list says its truth itself.
    case bool(Bool?)
    case byte, int16, int32, int64, double, string, structure, map, list, uuid
}

/// Walks Thrift values in place; whatever the bytes, it gives values or an error with its offset.
struct ThriftReader {
    let encoding: ThriftEncoding
    var reader: ByteReader
    private var depth = 0
    private static let depthMax = 32

    init(_ bytes: [UInt8], _ encoding: ThriftEncoding) {
        reader = ByteReader(bytes)
        self.encoding = encoding
    }

    /// Reads the head of a message, and gives the name of the method.
    mutating func readMessageHead() throws(ByteCodingError) -> String {
        let start = reader.position
        let name: Range<Int>
        switch encoding {
        case .compact:
            guard try reader.readUInt8() == 0x82, try reader.readUInt8() & 0x1f == 1 else {
                throw ByteCodingError(.invalidValue, at: start)
            }
            _ = try reader.readVarint()
            name = try readBytes()
        case .binary:
            let first: UInt32 = try reader.readBigEndian()
            if first & 0x8000_0000 != 0 {
                guard first >> 16 == 0x8001 else { throw ByteCodingError(.invalidValue, at: start) }
                name = try readBytes()
            } else {
                // Before there were versions, a message began with its name.
                name = try reader.readRange(count: Int(first))
                _ = try reader.readUInt8()
            }
            try reader.skip(4)
        }
        return String(decoding: reader.bytes[name], as: UTF8.self)
    }

    /// Goes through the fields of a struct; the body must read or skip the value of each.
    mutating func structure(
        _ body: (inout ThriftReader, _ field: Int, _ type: ThriftType) throws(ByteCodingError) -> Void
    ) throws(ByteCodingError) {
        guard depth < ThriftReader.depthMax else { throw ByteCodingError(.nestedTooDeep, at: reader.position) }
        depth += 1
        var last = 0
        while let (field, type) = try readField(after: last) {
            last = field
            try body(&self, field, type)
        }
        depth -= 1
    }

    /// Goes through the elements of a list of structs; the body reads each.
    mutating func structures(
        _ type: ThriftType, _ body: (inout ThriftReader) throws(ByteCodingError) -> Void
    ) throws(ByteCodingError) {
        guard type == .list else { return try skip(type) }
        let (count, element) = try readListHead()
        for _ in 0..<count {
            if element == .structure { try body(&self) } else { try skip(element) }
        }
    }

    // MARK: - Values

    mutating func readBool(_ type: ThriftType) throws(ByteCodingError) -> Bool {
        if case .bool(let known?) = type { return known }
        return try reader.readUInt8() == 1
    }

    /// Reads a whole number of any width.
    mutating func readInteger(_ type: ThriftType) throws(ByteCodingError) -> Int64 {
        if type == .byte { return Int64(Int8(bitPattern: try reader.readUInt8())) }
        guard encoding == .binary else { return try reader.readZigZag() }
        switch type {
        case .int16: return Int64(try reader.readBigEndian(Int16.self))
        case .int32: return Int64(try reader.readBigEndian(Int32.self))
        default: return try reader.readBigEndian(Int64.self)
        }
    }

    mutating func readDouble() throws(ByteCodingError) -> Double {
        encoding == .compact ? try reader.readDouble() : Double(bitPattern: try reader.readBigEndian())
    }

    mutating func readString() throws(ByteCodingError) -> String { String(decoding: reader.bytes[try readBytes()], as: UTF8.self) }

    /// Reads the place of a string or binary.
    mutating func readBytes() throws(ByteCodingError) -> Range<Int> {
        if encoding == .compact { return try reader.readLengthPrefixed() }
        let length: Int32 = try reader.readBigEndian()
        return try reader.readRange(count: Int(length))
    }

    /// Steps over a value.
    mutating func skip(_ type: ThriftType) throws(ByteCodingError) {
        switch type {
        case .bool: _ = try readBool(type)
        case .byte, .int16, .int32, .int64: _ = try readInteger(type)
        case .double: _ = try readDouble()
        case .string: _ = try readBytes()
        case .uuid: try reader.skip(16)
        case .structure: try structure { (reader, _, type) throws(ByteCodingError) in try reader.skip(type) }
        case .list:
            let (count, element) = try readListHead()
            try nested { (reader) throws(ByteCodingError) in for _ in 0..<count { try reader.skip(element) } }
        case .map:
            let (count, key, value) = try readMapHead()
            try nested { (reader) throws(ByteCodingError) in
                for _ in 0..<count {
                    try reader.skip(key)
                    try reader.skip(value)
                }
            }
        }
    }

    private mutating func nested(_ body: (inout ThriftReader) throws(ByteCodingError) -> Void) throws(ByteCodingError) {
        guard depth < ThriftReader.depthMax else { throw ByteCodingError(.nestedTooDeep, at: reader.position) }
        depth += 1
        try body(&self)
        depth -= 1
    }

    // MARK: - Heads

    private mutating func readField(after last: Int) throws(ByteCodingError) -> (Int, ThriftType)? {
        let head = try reader.readUInt8()
        if head == 0 { return nil }
        switch encoding {
        case .compact:
            let type = try type(compact: head & 0xf)
            let step = Int(head >> 4)
            // Ids are 16 bits; a wrong one is a field that is not known.
            return (step == 0 ? Int(truncatingIfNeeded: try reader.readZigZag()) & 0xffff : last + step, type)
        case .binary: return try (Int(reader.readBigEndian(UInt16.self)), type(binary: head))
        }
    }

    private mutating func readListHead() throws(ByteCodingError) -> (count: Int, element: ThriftType) {
        let head = try reader.readUInt8()
        let element = encoding == .compact ? try elementType(compact: head & 0xf) : try type(binary: head)
        if encoding == .compact, head >> 4 < 15 { return (try checked(count: Int64(head >> 4)), element) }
        return (try readCount(), element)
    }

    private mutating func readMapHead() throws(ByteCodingError) -> (count: Int, key: ThriftType, value: ThriftType) {
        switch encoding {
        case .compact:
            let count = try readCount()
            if count == 0 { return (0, .byte, .byte) }
            let types = try reader.readUInt8()
            return try (count, elementType(compact: types >> 4), elementType(compact: types & 0xf))
        case .binary:
            let key = try reader.readUInt8()
            let value = try reader.readUInt8()
            return try (readCount(), type(binary: key), type(binary: value))
        }
    }

    private mutating func readCount() throws(ByteCodingError) -> Int {
        let count = encoding == .compact ? Int64(bitPattern: try reader.readVarint()) : Int64(try reader.readBigEndian(Int32.self))
        return try checked(count: count)
    }

    /// A number of elements, each of which takes a byte at least.
    private func checked(count: Int64) throws(ByteCodingError) -> Int {
        guard count >= 0, count <= Int64(reader.remaining) else { throw ByteCodingError(.lengthTooLarge, at: reader.position) }
        return Int(count)
    }

    private func elementType(compact code: UInt8) throws(ByteCodingError) -> ThriftType {
        let type = try type(compact: code)
        if case .bool = type { return .bool(nil) }
        return type
    }

    private func type(compact code: UInt8) throws(ByteCodingError) -> ThriftType {
        switch code {
        case 1: return .bool(true)
        case 2: return .bool(false)
        case 3: return .byte
        case 4: return .int16
        case 5: return .int32
        case 6: return .int64
        case 7: return .double
        case 8: return .string
        case 9, 10: return .list
        case 11: return .map
        case 12: return .structure
        case 13: return .uuid
        default: throw ByteCodingError(.unsupportedWireType, at: reader.position)
        }
    }

    private func type(binary code: UInt8) throws(ByteCodingError) -> ThriftType {
        switch code {
        case 2: return .bool(nil)
        case 3: return .byte
        case 4: return .double
        case 6: return .int16
        case 8: return .int32
        case 10: return .int64
        case 11: return .string
        case 12: return .structure
        case 13: return .map
        case 14, 15: return .list
        case 16: return .uuid
        default: throw ByteCodingError(.unsupportedWireType, at: reader.position)
        }
    }
}
