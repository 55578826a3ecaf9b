internal import ByteCoding
internal import JaegerFormat

/// Writes Thrift in either encoding, independently of the reader.
struct ThriftWriter {
    let encoding: ThriftEncoding
    private(set) var bytes: [UInt8] = []
    private var last = 0

    init(_ encoding: ThriftEncoding) { self.encoding = encoding }

    mutating func message(_ name: String) {
        switch encoding {
        case .compact:
            bytes += [0x82, 0x81, 0]
            bytes.appendLengthPrefixed(name.utf8)
        case .binary:
            bytes.appendBigEndian(0x8001_0004 as UInt32)
            string(name)
            bytes.appendBigEndian(0 as UInt32)
        }
    }

    mutating func field(_ id: Int, int32 value: Int32) {
        head(id, compact: 5, binary: 8)
        encoding == .compact ? bytes.appendZigZag(Int64(value)) : bytes.appendBigEndian(value)
    }

    mutating func field(_ id: Int, int64 value: Int64) {
        head(id, compact: 6, binary: 10)
        encoding == .compact ? bytes.appendZigZag(value) : bytes.appendBigEndian(value)
    }

    mutating func field(_ id: Int, string value: String) {
        head(id, compact: 8, binary: 11)
        string(value)
    }

    mutating func field(_ id: Int, double value: Double) {
        head(id, compact: 7, binary: 4)
        encoding == .compact ? bytes.appendDouble(value) : bytes.appendBigEndian(value.bitPattern)
    }

    mutating func field(_ id: Int, bool value: Bool) {
        head(id, compact: value ? 1 : 2, binary: 2)
        if encoding == .binary { bytes.append(value ? 1 : 0) }
    }

    mutating func field(_ id: Int, structure body: (inout ThriftWriter) -> Void) {
        head(id, compact: 12, binary: 12)
        structure(body)
    }

    mutating func field(_ id: Int, structures bodies: [(inout ThriftWriter) -> Void]) {
        head(id, compact: 9, binary: 15)
        switch encoding {
        case .compact:
            if bodies.count < 15 {
                bytes.append(UInt8(bodies.count) << 4 | 12)
            } else {
                bytes.append(0xfc)
                bytes.appendVarint(count: bodies.count)
            }
        case .binary:
            bytes.append(12)
            bytes.appendBigEndian(Int32(bodies.count))
        }
        for body in bodies { structure(body) }
    }

    mutating func structure(_ body: (inout ThriftWriter) -> Void) {
        let outer = last
        last = 0
        body(&self)
        bytes.append(0)
        last = outer
    }

    private mutating func string(_ value: String) {
        if encoding == .compact { return bytes.appendLengthPrefixed(value.utf8) }
        bytes.appendBigEndian(Int32(value.utf8.count))
        bytes += value.utf8
    }

    private mutating func head(_ id: Int, compact: UInt8, binary: UInt8) {
        switch encoding {
        case .compact where (1...15).contains(id - last): bytes.append(UInt8(id - last) << 4 | compact)
        case .compact:
            bytes.append(compact)
            bytes.appendZigZag(Int64(id))
        case .binary:
            bytes.append(binary)
            bytes.appendBigEndian(Int16(id))
        }
        last = id
    }
}
