internal import ByteCoding
internal import TestSupport
internal import Testing

@Suite("JSON read in place")
struct JSONCursorTests {
    /// Everything that a cursor finds in a text, written down; nil where it is refused.
    private func walked(_ text: [UInt8]) -> [String]? {
        text.withUnsafeBufferPointer { bytes in
            var cursor = JSONCursor(bytes)
            var found: [String] = []
            do throws(JSONFault) {
                try walk(&cursor, into: &found)
                try cursor.finish()
                return found
            } catch {
                precondition((0...text.count).contains(error.offset), "BUG: a fault outside of the text")
                return nil
            }
        }
    }

    private func walk(_ cursor: inout JSONCursor, into found: inout [String]) throws(JSONFault) {
        var memory = UnescapedText()
        switch try cursor.peekKind() {
        case .object:
            found.append("{")
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                found.append("key " + String(decoding: memory.bytes(of: key, cursor), as: UTF8.self))
                try walk(&cursor, into: &found)
            }
            found.append("}")
        case .array:
            found.append("[")
            try cursor.beginArray()
            while try cursor.nextElement() { try walk(&cursor, into: &found) }
            found.append("]")
        case .string: found.append("text " + String(decoding: memory.bytes(of: try cursor.readText(), cursor), as: UTF8.self))
        case .number: found.append("number " + String(decoding: cursor.bytes(try cursor.readNumber().range), as: UTF8.self))
        case .bool: found.append("\(try cursor.readBool())")
        case .null:
            try cursor.readNull()
            found.append("null")
        }
    }

    /// The same by the reader that makes strings; nulls in objects are not compared, for it steps over them.
    private func read(_ text: [UInt8]) -> [String]? {
        var reader = JSONReader(text)
        var found: [String] = []
        do throws(JSONError) {
            try read(&reader, into: &found)
            try reader.finish()
            return found
        } catch {
            return nil
        }
    }

    private func read(_ reader: inout JSONReader, into found: inout [String]) throws(JSONError) {
        switch try reader.peekKind() {
        case .object:
            found.append("{")
            try reader.beginObject()
            while let key = try reader.nextKey() {
                found.append("key " + key)
                try read(&reader, into: &found)
            }
            found.append("}")
        case .array:
            found.append("[")
            try reader.beginArray()
            while try reader.nextElement() { try read(&reader, into: &found) }
            found.append("]")
        case .string: found.append("text " + (try reader.readString()))
        case .number: found.append("number " + String(decoding: text(of: try reader.readNumber(), reader), as: UTF8.self))
        case .bool: found.append("\(try reader.readBool())")
        case .null:
            try reader.skipValue()
            found.append("null")
        }
    }

    private func text(of number: JSONReader.Number, _ reader: JSONReader) -> ArraySlice<UInt8> { reader.bytes[number.range] }

    private let good =
        #" {"a":[1,-2.5e+3,true,false,"x\"\\\/\n\r\t\b\f\u00e4\ud83e\udd85 and a long tail without escapes","",{}],"näme":{"b":[[],[null]]},"":0} "#

    @Test func `it finds what the reader finds that makes strings`() {
        let found = walked(Array(good.utf8))
        #expect(found != nil)
        #expect(found == read(Array(good.utf8)))
        #expect(walked(Array(#""\ud800 \udc00 \ud83e\ud83e\udd85""#.utf8)) == ["text \u{fffd} \u{fffd} \u{fffd}🦅"])
    }

    @Test func `what is no JSON is refused`() {
        for wrong in [
            "", " ", "{", "}", "[1,]", "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "1e", "-", "tru", "nul", "\"",
            "\"\\x\"",
            "\"\\u12g4\"", "\"\u{1}\"", "[] []", "{\"a\":1 \"b\":2}", "\"\\", "\"\\u12",
        ] { #expect(walked(Array(wrong.utf8)) == nil, "\(wrong)") }
        #expect(walked([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == nil)
        #expect(walked([UInt8](repeating: UInt8(ascii: "["), count: 64) + [UInt8](repeating: UInt8(ascii: "]"), count: 64)) != nil)
    }

    @Test func `quotes, backslashes and control characters are found wherever they stand`() {
        for length in 0..<40 {
            for special in ["\"", "\\n", "\u{1f}"] {
                var text = Array("\"".utf8) + [UInt8](repeating: 0xff, count: length) + Array(special.utf8)
                if special != "\"" { text += Array("\"".utf8) }
                #expect((walked(text) == nil) == (special == "\u{1f}"), "\(length)")
            }
        }
    }

    @Test func `stepping over a value takes exactly that value`() throws {
        let text = Array("[\(good),7]".utf8)
        try text.withUnsafeBufferPointer { bytes in
            var cursor = JSONCursor(bytes)
            try cursor.beginArray()
            #expect(try cursor.nextElement())
            #expect(Array(cursor.bytes(try cursor.skipValue())) == Array(good.utf8.dropFirst().dropLast()))
            #expect(try cursor.nextElement())
            #expect(cursor.bytes(try cursor.readNumber().range).elementsEqual("7".utf8))
            #expect(try cursor.nextElement() == false)
            let end = cursor.isAtEnd()
            #expect(end)
        }
    }

    @Test func `damaged text never traps, and both readers take the same of it`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let bytes = Array(good.replacing("null", with: "1").utf8)
        checkTruncationNeverTraps(Array(bytes.dropLast())) { if walked($0) == nil { throw JSONFault("refused", at: 0) } }
        let seed = generator.seed
        checkDamageNeverTraps(bytes, rounds: 5000, using: &generator) { damaged in
            // Members that are null are stepped over by the one and given by the other.
            if String(decoding: damaged, as: UTF8.self).contains("null") { return }
            #expect(walked(damaged) == read(damaged), "seed \(seed)")
        }
    }
}
