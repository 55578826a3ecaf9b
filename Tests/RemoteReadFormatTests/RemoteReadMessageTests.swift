internal import ByteCoding
internal import RemoteReadFormat
internal import RemoteWriteFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct RemoteReadMessageTests {
    private func request() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1) { query in
            query.write(1, int64: -5)
            query.write(2, int64: 1_700_000_000_000)
            for (number, value) in ["a", "b", "c.*", "d|e"].enumerated() {
                query.write(3) { matcher in
                    if number > 0 { matcher.write(1, uint64: UInt64(number)) }
                    matcher.write(2, string: "näme")
                    matcher.write(3, string: value)
                }
            }
            query.write(4) { hints in
                hints.write(1, int64: 15)
                hints.write(2, string: "rate")
            }
        }
        writer.write(1) { $0.write(2, int64: 3) }
        writer.write(2, bytes: [9, 1, 0])
        return writer.bytes
    }

    @Test func `a request is read with all its queries, and the first type that is known counts`() throws {
        let request = try RemoteReadRequest(request())
        #expect(request.queries.count == 2)
        #expect(request.queries[0].start == -5)
        #expect(request.queries[0].end == 1_700_000_000_000)
        #expect(request.queries[0].matchers.map(\.operator) == [.equal, .notEqual, .matches, .matchesNot])
        #expect(request.queries[0].matchers.map(\.value) == ["a", "b", "c.*", "d|e"])
        #expect(request.queries[0].matchers.allSatisfy { $0.name == "näme" })
        #expect(request.queries[1].end == 3)
        #expect(request.acceptedTypes == [nil, .streamedChunks, .samples])
        #expect(request.responseType == .streamedChunks)
        #expect(try RemoteReadRequest([]).responseType == .samples)
        var unknown = ProtobufWriter()
        unknown.write(2, uint64: 7)
        #expect(try RemoteReadRequest(unknown.bytes).responseType == nil)
    }

    @Test func `no bytes trap`() {
        let bytes = request()
        for count in bytes.indices { _ = try? RemoteReadRequest(Array(bytes.prefix(count))) }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutated[Int.random(in: 0..<mutated.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? RemoteReadRequest(mutated)
        }
    }

    @Test func `an answer of samples has a result for each query, with floats and histograms`() throws {
        let histogram = NativeHistogram(
            schema: 1, zeroCount: 1, count: 6, sum: 9, positiveSpans: [.init(offset: 0, length: 2)], positiveBuckets: [2, 3], isFloat: false
        )
        var columns = SampleColumns()
        columns.append(5, 1.5)
        columns.append(6, StaleMarker.value)
        columns.histograms = [HistogramSample(timestamp: 7, histogram: histogram)]
        var answer = RemoteReadSamples()
        answer.append(["__name__": "a"], columns)
        answer.endResult()
        answer.endResult()
        var results: [[UInt8]] = []
        var message = ProtobufReader(answer.bytes)
        while let field = try message.nextField() { results.append(Array(answer.bytes[try message.readBytes(field)])) }
        try #require(results.count == 2)
        #expect(results[1].isEmpty)
        // A result has its series as a remote write has them.
        var decoder = RemoteWriteDecoder()
        try decoder.start(results[0], version: .v1)
        #expect(try decoder.next() == .series)
        #expect(decoder.timestamps == [5, 6])
        #expect(decoder.values.map(\.bitPattern) == [(1.5).bitPattern, StaleMarker.bits])
        #expect(decoder.histograms == columns.histograms)
        #expect(try decoder.next() == nil)
    }

    @Test func `frames carry their length, their checksum and which query they answer, and end at the size asked for`() throws {
        var columns = SampleColumns()
        var generator = SeededGenerator(seed: 4)
        for time in 0..<1000 { columns.append(Timestamp(time), Double(bitPattern: generator.next())) }
        let chunks = SampleChunk.chunks(of: columns)
        let labels: LabelSet = ["__name__": "up", "job": "a"]
        for (query, bytesMax, frames) in [(0, 1, 9), (3, 1 << 20, 1), (1, 2500, 3)] {
            var output: [UInt8] = []
            ChunkedReadFrames.append(labels, chunks, query: query, bytesMax: bytesMax, to: &output)
            var reader = ByteReader(output)
            var seen: [SampleChunk.Encoding] = []
            var count = 0
            while !reader.isAtEnd {
                let length = Int(try reader.readVarint())
                let checksum = try reader.readBigEndian(UInt32.self)
                let message = Array(output[try reader.readRange(count: length)])
                #expect(CRC32C.checksum(message) == checksum)
                count += 1
                var found = 0
                var fields = ProtobufReader(message)
                while let field = try fields.nextField() {
                    if field.number == 2 {
                        found = Int(try fields.readInt64(field))
                        continue
                    }
                    var series = try fields.readMessage(field)
                    var text: [String] = []
                    while let field = try series.nextField() {
                        var part = try series.readMessage(field)
                        while let inner = try part.nextField() {
                            switch (field.number, inner.number) {
                            case (1, _): text.append(try part.readString(inner))
                            case (2, 3): seen.append(SampleChunk.Encoding(rawValue: try part.readUInt64(inner)) ?? .histogram)
                            default: try part.skip(inner)
                            }
                        }
                    }
                    #expect(text == ["__name__", "up", "job", "a"])
                }
                #expect(found == query)
            }
            #expect(count == frames)
            #expect(seen.count == chunks.count)
        }
    }
}
