internal import Foundation
internal import PerchWire
internal import TestSupport
internal import Testing

@Suite struct WireTests {
    @Test func `names of traces and spans are read and written as hexadecimal digits`() throws {
        let trace = try #require(TraceID(hexadecimal: "0af7651916cd43dd8448eb211c80319c".utf8))
        #expect(trace.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.high == 0x0af7_6519_16cd_43dd)
        #expect(SpanID(hexadecimal: "00F067AA0BA902B7".utf8)?.description == "00f067aa0ba902b7")
        #expect(TraceID(hexadecimal: String(repeating: "0", count: 32).utf8) == nil)
        #expect(TraceID(hexadecimal: "0af7651916cd43dd8448eb211c80319".utf8) == nil)
        #expect(SpanID(hexadecimal: "00f067aa0ba902bx".utf8) == nil)
        #expect(SpanID(hexadecimal: "0000000000000000".utf8) == nil)
    }

    @Test func `messages of any length within messages have the right lengths`() {
        for length in [0, 1, 126, 127, 128, 129, 16_381, 16_384, 70_000] {
            var writer = ProtobufBytes()
            writer.write(1) { outer in outer.write(2, bytes: [UInt8](repeating: 7, count: length)) }
            writer.write(3, uint64: 5)
            var expected = ProtobufBytes()
            var inner = ProtobufBytes()
            inner.write(2, bytes: [UInt8](repeating: 7, count: length))
            expected.write(1, bytes: inner.bytes)
            expected.write(3, uint64: 5)
            #expect(writer.bytes == expected.bytes, "\(length) bytes")
        }
    }

    @Test func `gunzip reads what was compressed`() throws {
        var generator = SeededGenerator(seed: 7)
        for bytes in [[], Array("hello hello hello".utf8), generator.bytes(100_000)] {
            let compressed = try #require(Gzip.compressed(bytes))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/gunzip")
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            DispatchQueue.global().async {
                try? input.fileHandleForWriting.write(contentsOf: compressed)
                try? input.fileHandleForWriting.close()
            }
            let back = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect([UInt8](back) == bytes)
        }
    }
}
