internal import ByteCoding

/// The head of a value column.
///
///     encoding     u8: 0 constant, 1 bits; from 2 on decimal, 2 + exponent; with decimals plus
///                  0x20 corrections follow, 0x40 product instead of quotient, 0x80 exceptions follow
///                  31 no values but what puts histograms together (length in bytes, then see `HistogramColumns.head`)
///     constant     the value's bits, 8 bytes, little-endian; nothing else follows
///     exceptions   length in bytes (varint), then each as distance from the one before (varint) and bits (8 bytes)
///     wholes       the head of an integer column: the values' bits; or the whole numbers of which the values are the quotient by 10^exponent
///                  or the product with the double 10^-exponent
///     corrections  the head of an integer column: what to add to the bits of the quotient
struct ValueColumnForm: Sendable {
    enum Encoding: Equatable, Sendable {
        case constant(UInt64)
        case bits
        case decimal(exponent: Int, DecimalForm.Scaling)
        /// Where the description of the histograms lies.
        case histogram(Range<Int>)
    }

    /// Where the parts of both integer columns lie.
    struct Place: Sendable {
        var wholes: IntegerColumn.Place
        var corrections: IntegerColumn.Place
    }

    static let constantByte: UInt8 = 0
    static let bitsByte: UInt8 = 1
    static let decimalByte: UInt8 = 2
    static let histogramByte: UInt8 = 31
    static let correctionsFlag: UInt8 = 0x20
    static let productFlag: UInt8 = 0x40
    static let exceptionsFlag: UInt8 = 0x80

    let encoding: Encoding
    /// Where the exceptions lie in the bytes of the head.
    private let exceptions: Range<Int>
    /// Absent where the column is constant.
    let wholes: IntegerColumn?
    let corrections: IntegerColumn?

    init(head reader: inout ByteReader, count: Int) throws(ByteCodingError) {
        let start = reader.position
        let byte = try reader.readUInt8()
        switch byte {
        case ValueColumnForm.constantByte:
            encoding = .constant(try reader.readLittleEndian())
            exceptions = 0..<0
            wholes = nil
            corrections = nil
            return
        case ValueColumnForm.histogramByte:
            encoding = .histogram(try reader.readLengthPrefixed())
            exceptions = 0..<0
            wholes = nil
            corrections = nil
            return
        case ValueColumnForm.bitsByte:
            encoding = .bits
            exceptions = 0..<0
        default:
            let exponent = Int(byte & 0x1f) - Int(ValueColumnForm.decimalByte)
            guard exponent >= 0, exponent <= DecimalForm.exponentMax else { throw ByteCodingError(.invalidValue, at: start) }
            encoding = .decimal(exponent: exponent, byte & ValueColumnForm.productFlag != 0 ? .product : .quotient)
            exceptions = byte & ValueColumnForm.exceptionsFlag != 0 ? try reader.readLengthPrefixed() : 0..<0
        }
        wholes = try IntegerColumn(head: &reader, count: count)
        if byte & ValueColumnForm.correctionsFlag != 0 {
            let column = try IntegerColumn(head: &reader, count: count)
            guard column.reference == nil else { throw ByteCodingError(.invalidValue, at: start) }
            corrections = column
        } else {
            corrections = nil
        }
    }

    var reference: IntegerColumn.Reference? { wholes?.reference }

    /// Appends the values that the whole numbers and corrections stand for.
    func appendValues(
        _ bytes: [UInt8], wholes: [Int64], corrections: [Int64], count: Int, into output: inout [Double]
    ) throws(ByteCodingError) {
        let firstIndex = output.count
        switch encoding {
        case .constant(let bits):
            output.append(contentsOf: repeatElement(Double(bitPattern: bits), count: count))
        case .histogram(let range):
            throw ByteCodingError(.invalidValue, at: range.lowerBound)
        case .bits:
            append(wholes, to: &output) { Double(bitPattern: UInt64(bitPattern: $0)) }
        case .decimal(exponent: 0, _):
            append(wholes, to: &output) { Double($0) }
        case .decimal(let exponent, .quotient):
            let divisor = DecimalForm.powersOfTen[exponent]
            append(wholes, to: &output) { Double($0) / divisor }
        case .decimal(let exponent, .product):
            let factor = DecimalForm.inversePowersOfTen[exponent]
            append(wholes, to: &output) { Double($0) * factor }
        }
        if !corrections.isEmpty {
            for index in 0..<count {
                let bits = output[firstIndex + index].bitPattern &+ UInt64(bitPattern: corrections[index])
                output[firstIndex + index] = Double(bitPattern: bits)
            }
        }
        if !exceptions.isEmpty { try putExceptions(bytes, count: count, into: &output, at: firstIndex) }
    }

    /// Appends what whole numbers stand for. Writes into memory that is there already, which takes a fifth of the time of appending each.
    @inline(__always)
    private func append(_ wholes: [Int64], to output: inout [Double], _ value: (Int64) -> Double) {
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: wholes.count))
        let source = wholes.span
        var target = output.mutableSpan
        for index in source.indices { target[start &+ index] = value(source[index]) }
    }

    private func putExceptions(
        _ bytes: [UInt8], count: Int, into output: inout [Double], at firstIndex: Int
    ) throws(ByteCodingError) {
        var reader = ByteReader(bytes, in: exceptions)
        var index = -1
        while !reader.isAtEnd {
            guard index + 1 < count else { throw ByteCodingError(.invalidValue, at: reader.position) }
            index += 1 + (try reader.readCount(limit: count - index - 2))
            output[firstIndex + index] = Double(bitPattern: try reader.readLittleEndian())
        }
    }
}
