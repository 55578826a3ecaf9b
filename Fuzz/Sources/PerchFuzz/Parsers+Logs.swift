internal import LogFormats
internal import LogQL
internal import TelemetryModel

/// Log entries. What is read as it comes, piece by piece, comes out the same in one piece.
let logParsers: [String: Parser] = [
    "syslog": { bytes in
        same(bytes) { pieces in
            var sink = ReadingSink()
            var writer = SyslogEntryWriter()
            var framing = SyslogFraming(messageBytesMax: 256)
            let clock = SyslogClock(now: Int64(present))
            var isBroken = false
            for piece in pieces where !isBroken {
                isBroken =
                    (try? framing.feed(piece) { writer.write($0, $1, sender: "10.0.0.1", clock: clock, into: &sink) }) == nil
            }
            if !isBroken { framing.finish { writer.write($0, $1, sender: "10.0.0.1", clock: clock, into: &sink) } }
            return sink.digest
        }
    },
    "journal-export": { bytes in
        same(bytes) { pieces in
            var sink = ReadingSink()
            var reader = JournalExportReader()
            var isBroken = false
            for piece in pieces where !isBroken {
                isBroken = piece.withUnsafeBufferPointer { (try? reader.read($0, into: &sink)) == nil }
            }
            if !isBroken { try? reader.finish(into: &sink) }
            return sink.digest
        }
    },
    "lumberjack": { bytes in
        same(bytes) { pieces in
            var sink = ReadingSink()
            var limits = LumberjackLimits()
            limits.decompressedBytesMax = 1 << 20
            var reader = LumberjackReader(limits: limits)
            let events = LumberjackEvents(limits: limits, mapping: documents)
            do {
                for piece in pieces {
                    reader.append(piece)
                    while let frame = try reader.next() {
                        try events.events(of: [frame]) { _, event in events.write([event], into: &sink) }
                    }
                }
            } catch {
                sink.refuse("broken")
            }
            return sink.digest
        }
    },
    "elasticsearch-bulk": { body in
        var sink = ReadingSink()
        body.withUnsafeBufferPointer { body in
            _ = try? ElasticsearchBulk.decode(body, defaultIndex: "logs", documents, into: &sink)
            _ = ElasticsearchBulk.decode(document: body, index: "logs", documents, into: &sink)
        }
    },
    "json-lines": { body in
        var sink = ReadingSink()
        let mapping = JSONLineFields().mapping(metadataFieldsMax: 16, metadataBytesMax: 1024)
        body.withUnsafeBufferPointer { _ = JSONLines.decode($0, mapping, labels: [.init(name: "job", value: "j")], into: &sink) }
    },
    "loki-json": { body in
        var sink = ReadingSink()
        body.withUnsafeBufferPointer { _ = try? LokiPush.decodeJSON($0, into: &sink) }
    },
    "loki-protobuf": { body in
        var sink = ReadingSink()
        body.withUnsafeBytes { _ = try? LokiPush.decodeProtobuf($0, into: &sink) }
    },
    "otlp-logs": { message in
        var sink = ReadingSink()
        message.withUnsafeBytes { try? OTLPLogs.decode($0, mapping: OTLPLogMapping(), into: &sink) }
    },
    "container-lines": { bytes in
        // The first byte says how the file is written.
        guard let first = bytes.first else { return }
        let encoding = TextEncoding.allCases[Int(first & 3)]
        let format = LineFormat.allCases[Int(first >> 2) % LineFormat.allCases.count]
        same(Array(bytes.dropFirst())) { pieces in
            var cutter = LineCutter(encoding: encoding, lineBytesMax: 256)
            var assembler = EntryAssembler(format: format, entryBytesMax: 512)
            var sink = ReadingSink()
            func take(_ entry: EntryAssembler.Entry) {
                var none = LogFields()
                Array(entry.text).withUnsafeBufferPointer { _ = sink.append(time: entry.time ?? 0, line: $0, metadata: &none) }
            }
            for piece in pieces { cutter.feed(piece) { assembler.take($0, now: 0, take) } }
            cutter.flush { assembler.take($0, now: 0, take) }
            assembler.flush(take)
            return sink.digest
        }
    },
    "log-stages": { line in
        var miner = PatternMiner(stepNanoseconds: 10_000_000_000)
        for part in line.split(separator: UInt8(ascii: "\n")) { miner.add(part, time: Int64(present), level: "info".utf8) }
        for var pipeline in pipelines {
            _ = pipeline.run(
                stream: ["job": "j", "msg": "m"], metadata: ["trace_id": "1"], time: Int64(present), line: line)
        }
    },
]

private let documents = ElasticsearchBulk.mapping(metadataFieldsMax: 16, metadataBytesMax: 1024)

/// What reads lines, in all its ways.
private let pipelines: [LogPipeline] = [
    "| logfmt", "| logfmt --strict --keep-empty | x > 5 | y = ip(\"10.0.0.0/8\")", "| logfmt a=\"b\", c", "| json | a_b > 1s",
    "| json a=\"b.c[0]\", d=\"e[\\\"f\\\"]\"", "| pattern \"<a> [<_>] <b>=<c>\"", "| regexp \"(?P<a>\\\\S+) (?P<b>.*)\"", "| unpack",
    "| decolorize | line_format \"{{.msg}} {{ __line__ | upper }}\" | label_format n=`{{ __timestamp__ }}`",
    "|> \"<_> error <_>\" | drop job | keep msg, a", "| json | unpack | logfmt | size > 1KB or took <= 5ms | drop __error__",
].map { stages in
    guard case .logs(let selector)? = (try? LogQLParser().parse("{job=\"j\"} " + stages))?.root, let pipeline = try? LogPipeline(selector)
    else { preconditionFailure("BUG: \(stages) is no pipeline") }
    return pipeline
}

/// Runs a reader over the bytes in one piece, byte by byte, and in pieces of a length that the bytes choose.
private func same(_ bytes: [UInt8], _ read: ([ArraySlice<UInt8>]) -> UInt64) {
    let whole = read([bytes[...]])
    let length = 1 + Int(bytes.last ?? 0) % 61
    for step in [1, length] {
        let pieces = stride(from: 0, to: bytes.count, by: step).map { bytes[$0..<min($0 + step, bytes.count)] }
        precondition(read(pieces) == whole, "in pieces of \(step) bytes something else is read")
    }
}
