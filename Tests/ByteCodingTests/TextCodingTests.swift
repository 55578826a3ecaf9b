internal import ByteCoding
internal import TestSupport
internal import Testing

@Suite("Text in bytes and bytes in text")
struct TextCodingTests {
    @Test func `base64 comes back, with padding and without`() {
        var generator = SeededGenerator(seed: 1)
        for length in 0..<50 {
            let bytes = generator.bytes(length)
            var text: [UInt8] = []
            Base64.encode(bytes, into: &text)
            #expect(text.count == (length + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
            #expect(Base64.decode(text.filter { $0 != UInt8(ascii: "=") }) == bytes)
        }
        #expect(Base64.decode("_-8".utf8) == Base64.decode("/+8=".utf8))
        for wrong in ["A", "A=", "AA=", "A===", "AA=A", "A A=", "*"] { #expect(Base64.decode(wrong.utf8) == nil, "\(wrong)") }
    }

    @Test func `hexadecimal digits are read in pairs`() {
        #expect(Hexadecimal.decode("00fFa1".utf8) == [0, 0xff, 0xa1])
        #expect(Hexadecimal.decode("0".utf8) == nil)
        #expect(Hexadecimal.decode("0g".utf8) == nil)
    }

    @Test func `JSON is written as it is read`() throws {
        let texts = ["", "a\"b\\c\n\r\t\u{1}\u{7f}", "日本語 🦅"]
        let numbers = [0, -0.0, 1.5, 1e15, -1e300, 4.9e-300, .infinity]
        var writer = JSONTextWriter()
        writer.beginArray()
        for text in texts { writer.value(text) }
        for number in numbers { writer.value(number) }
        writer.quoted(UInt64.max)
        writer.value(false)
        writer.beginObject()
        writer.name("k")
        writer.base64([1])
        writer.endObject()
        writer.endArray()
        var reader = JSONReader(writer.bytes)
        try reader.beginArray()
        for text in texts {
            #expect(try reader.nextElement())
            #expect(try reader.readString() == text)
        }
        for number in numbers {
            #expect(try reader.nextElement())
            #expect(try reader.readDouble().bitPattern == number.bitPattern)
        }
        #expect(try reader.nextElement())
        #expect(try reader.readInteger(UInt64.self) == .max)
        #expect(try reader.nextElement())
        #expect(try reader.readBool() == false)
        #expect(try reader.nextElement())
        try reader.beginObject()
        #expect(try reader.nextKey() == "k")
        #expect(try reader.readString() == "AQ==")
        #expect(try reader.nextKey() == nil)
        #expect(try reader.nextElement() == false)
        try reader.finish()
    }

    @Test func `depth is limited`() {
        var reader = JSONReader(Array(repeating: UInt8(ascii: "["), count: 1_000_000), depthMax: 100)
        #expect(throws: JSONError("more than 100 objects and arrays within each other", at: 100, of: reader.bytes)) {
            try reader.skipValue()
        }
    }

    @Test(arguments: [
        "[1 2]", "[,1]", "{\"a\" 1}", "{a:1}", "{\"a\":1,}", "nul", "tru", "-", "1.", "1e", "+1", "\"\\x\"", "\"\\u12g4\"", "[", "{\"a\"",
    ])
    func `what is no JSON is refused`(text: String) {
        var reader = JSONReader(Array(text.utf8))
        #expect(throws: JSONError.self) {
            try reader.skipValue()
            try reader.finish()
        }
    }
}
