import ByteCoding
import TestSupport
import Testing

@Suite struct ProtobufTests {
    /// Fields as (number, value) with everything the reader can tell.
    private enum Value: Equatable {
        case integer(UInt64), double(UInt64), fixed32(UInt32), text(String)
        case message([Field])
    }

    private struct Field: Equatable {
        var number: Int
        var value: Value
    }

    private static func write(_ fields: [Field], into writer: inout ProtobufWriter) {
        for field in fields {
            switch field.value {
            case .integer(let value): writer.write(field.number, uint64: value)
            case .double(let bits): writer.write(field.number, double: Double(bitPattern: bits))
            case .fixed32(let value): writer.write(field.number, fixed32: value)
            case .text(let text): writer.write(field.number, string: text)
            case .message(let inner): writer.write(field.number, message: { write(inner, into: &$0) })
            }
        }
    }

    /// By convention of this test: numbers from 1000 are messages.
    private static func read(_ reader: inout ProtobufReader) throws -> [Field] {
        var fields: [Field] = []
        while let field = try reader.nextField() {
            switch field.wireType {
            case .varint: fields.append(Field(number: field.number, value: .integer(try reader.readUInt64(field))))
            case .fixed64: fields.append(Field(number: field.number, value: .double(try reader.readDouble(field).bitPattern)))
            case .fixed32: fields.append(Field(number: field.number, value: .fixed32(try reader.readFixed32(field))))
            case .lengthDelimited where field.number >= 1000 && field.number % 2 == 1:
                let outerEnd = try reader.enterMessage(field)
                fields.append(Field(number: field.number, value: .message(try read(&reader))))
                reader.leaveMessage(outerEnd)
            case .lengthDelimited where field.number >= 1000:
                var inner = try reader.readMessage(field)
                fields.append(Field(number: field.number, value: .message(try read(&inner))))
            case .lengthDelimited: fields.append(Field(number: field.number, value: .text(try reader.readString(field))))
            }
        }
        return fields
    }

    private static func randomFields(depth: Int, _ generator: inout SeededGenerator) -> [Field] {
        (0..<Int.random(in: 0...6, using: &generator)).map { _ in
            switch Int.random(in: 0...(depth > 0 ? 5 : 3), using: &generator) {
            case 0: Field(number: 1, value: .integer(generator.spreadUInt64()))
            case 1: Field(number: 15, value: .double(generator.next()))
            case 2: Field(number: 16, value: .fixed32(UInt32.random(in: 0...(.max), using: &generator)))
            case 3: Field(number: 999, value: .text(String(repeating: "é", count: Int.random(in: 0...100, using: &generator))))
            default:
                Field(
                    number: Bool.random(using: &generator) ? 536_870_911 : 1000, value: .message(randomFields(depth: depth - 1, &generator))
                )
            }
        }
    }

    @Test func messagesRoundTripAndDamageNeverTraps() throws {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<200 {
            let fields = ProtobufTests.randomFields(depth: 4, &generator)
            var writer = ProtobufWriter()
            ProtobufTests.write(fields, into: &writer)
            var reader = ProtobufReader(writer.bytes)
            #expect(try ProtobufTests.read(&reader) == fields)
            checkDamageNeverTraps(writer.bytes, rounds: 20, using: &generator) { bytes in
                var reader = ProtobufReader(bytes)
                _ = try ProtobufTests.read(&reader)
            }
        }
    }

    @Test func unknownFieldsAreSteppedOver() throws {
        var writer = ProtobufWriter()
        writer.write(9, uint64: 1)
        writer.write(10, double: 2)
        writer.write(11, string: "skip me")
        writer.write(12, fixed32: 3)
        writer.write(1, sint64: -5)
        var reader = ProtobufReader(writer.bytes)
        var found: Int64?
        while let field = try reader.nextField() {
            if field.number == 1 { found = try reader.readSInt64(field) } else { try reader.skip(field) }
        }
        #expect(found == -5)
    }

    @Test func repeatedNumbersAreReadPackedOrNot() throws {
        var writer = ProtobufWriter()
        var packed: [UInt8] = []
        for value: UInt64 in [1, 300, 70000] { packed.appendVarint(value) }
        writer.write(4, bytes: packed)
        writer.write(4, uint64: 7)
        var reader = ProtobufReader(writer.bytes)
        var values: [UInt64] = []
        while let field = try reader.nextField() {
            try reader.readRepeated(field) { (element) throws(ByteCodingError) in values.append(try element.readPackedVarint()) }
        }
        #expect(values == [1, 300, 70000, 7])
    }

    @Test(
        arguments: [
            ([0x0b], ByteCodingError.Code.unsupportedWireType), ([0x0f], .unsupportedWireType), ([0x00], .invalidFieldNumber),
            ([0x80, 0x80, 0x80, 0x80, 0x10], .invalidFieldNumber), ([0x0a, 0x05, 0x01], .truncated), ([0x08], .truncated),
            ([0x0a, 0x02, 0xc3, 0x28], .invalidUTF8),
        ] as [([UInt8], ByteCodingError.Code)])
    func badMessagesAreRefused(bytes: [UInt8], code: ByteCodingError.Code) {
        var reader = ProtobufReader(bytes)
        let error = #expect(throws: ByteCodingError.self) { try ProtobufTests.read(&reader) }
        #expect(error?.code == code)
    }

    @Test func aFieldOfAnotherTypeThanDeclaredIsRefused() throws {
        var reader = ProtobufReader([0x08, 0x01])
        let field = try #require(try reader.nextField())
        #expect(throws: ByteCodingError(.wireTypeMismatch, at: 1)) { try reader.readDouble(field) }
    }
}
