internal import ByteCoding
internal import RemoteWriteFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Remote write messages")
struct RemoteWriteDecoderTests {
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `everything comes back`(version: RemoteWriteVersion) throws {
        let message = try ReadMessage(sampleMessage(version), version)
        #expect(message.series.count == 2)
        let up = message.series[0]
        #expect(up.labels == ["__name__=up", "job=näme", "long=" + String(repeating: "x", count: 300)])
        #expect(up.timestamps == [1000, -5])
        #expect(up.valueBits == [(1.0).bitPattern, StaleMarker.bits])
        #expect(up.exemplars == [Exemplar(labels: ["trace_id": "abc"], value: 0.5, timestamp: 999)])
        #expect(up.fault == nil)
        #expect(message.series[1].histograms.map(\.histogram) == [integerHistogram, floatHistogram])
        #expect(message.series[1].histograms.map(\.timestamp) == [7, 8])
        switch version {
        case .v1: #expect(message.metadata == ["requests": MetricMetadata(type: .counter, help: "Help.", unit: "bytes")])
        case .v2: #expect(up.metadata == MetricMetadata(type: .gauge, help: "Whether up.", unit: "ratio"))
        }
    }

    @Test func `starts come with the samples that tell them, in 2.0`() throws {
        var series = RemoteWriteSeries(
            labels: ["__name__": "a"], samples: (1...3).map { Sample(timestamp: $0, value: 0) },
            histograms: [HistogramSample(timestamp: 4, histogram: integerHistogram)])
        series.starts = [0, -7]
        series.histogramStarts = [3]
        for version in [RemoteWriteVersion.v1, .v2] {
            var encoder = RemoteWriteEncoder(version: version)
            encoder.append(series)
            var decoder = RemoteWriteDecoder()
            try decoder.start(encoder.finish(), version: version)
            #expect(try decoder.next() == .series)
            #expect(decoder.starts == (version == .v2 ? [0, -7] : []))
            #expect(decoder.histogramStarts == (version == .v2 ? [3] : []))
            #expect(decoder.timestamps == [1, 2, 3])
        }
    }

    @Test func `a message read as the other version is empty`() throws {
        #expect(try ReadMessage(sampleMessage(.v1), .v2).series.isEmpty)
        #expect(try ReadMessage(sampleMessage(.v2), .v1).series.isEmpty)
    }

    @Test func `bytes laid out by hand are read`() throws {
        // WriteRequest(timeseries=[TimeSeries(labels=[Label(name="__name__", value="a")], samples=[Sample(value=1.5, timestamp=300)])])
        let bytes: [UInt8] = [
            0x0a, 0x1d, 0x0a, 0x0d, 0x0a, 0x08, 0x5f, 0x5f, 0x6e, 0x61, 0x6d, 0x65, 0x5f, 0x5f, 0x12, 0x01, 0x61, 0x12, 0x0c, 0x09, 0, 0, 0,
            0, 0,
            0, 0xf8, 0x3f, 0x10, 0xac, 0x02,
        ]
        let message = try ReadMessage(bytes, .v1)
        #expect(message.series.first?.labels == ["__name__=a"])
        #expect(message.series.first?.timestamps == [300])
        #expect(message.series.first?.valueBits == [(1.5).bitPattern])
    }

    @Test func `symbols may stand behind the series, references unpacked`() throws {
        var writer = ProtobufWriter()
        writer.write(5) { series in
            series.write(1, uint64: 1)
            series.write(1, uint64: 2)
            series.write(2) { $0.write(1, double: 4) }
        }
        for symbol in ["", "__name__", "a"] { writer.write(4, string: symbol) }
        let message = try ReadMessage(writer.bytes, .v2)
        #expect(message.series.map(\.labels) == [["__name__=a"]])
        #expect(message.series.first?.fault == nil)
    }

    @Test func `references that mean nothing are the series' fault, not the message's`() throws {
        var writer = ProtobufWriter()
        for symbol in ["", "__name__", "a"] { writer.write(4, string: symbol) }
        for references: [UInt8] in [[1, 2], [1], [1, 9], [1, 2]] { writer.write(5) { $0.write(1, bytes: references) } }
        let message = try ReadMessage(writer.bytes, .v2)
        #expect(message.series.map(\.fault) == [nil, .oddReferenceCount(1), .referenceOutOfRange(9, symbols: 3), nil])
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `damaged messages are survived`(version: RemoteWriteVersion) {
        var generator = SeededGenerator(seed: 3)
        let bytes = sampleMessage(version)
        checkTruncationNeverTraps(bytes, mustThrow: false) { _ = try ReadMessage($0, version) }
        checkDamageNeverTraps(bytes, rounds: 10_000, using: &generator) { _ = try ReadMessage($0, version) }
        for _ in 0..<2000 { _ = try? ReadMessage(generator.bytes(Int.random(in: 0...64, using: &generator)), version) }
    }

    @Test func `an error says where it is`() {
        #expect(throws: ByteCodingError(.truncated, at: 1)) { try ReadMessage([0x0a, 0x05, 0x0a], .v1) }
        #expect(throws: ByteCodingError(.wireTypeMismatch, at: 1)) { try ReadMessage([0x08, 0x05], .v1) }
    }

    @Test func `the bytes' memory comes back`() throws {
        var decoder = RemoteWriteDecoder()
        let bytes = sampleMessage(.v1)
        try decoder.start(bytes, version: .v1)
        _ = try decoder.next()
        #expect(decoder.finish() == bytes)
        #expect(decoder.bytes.isEmpty)
    }
}
