internal import LogFormats
internal import TelemetryModel

/// The present, for what comes without a time: in November 2025, in nanoseconds since 1970.
let present: UInt64 = 1_764_330_000_000_000_000

/// Takes entries as storage would, and reads all that it is handed.
struct ReadingSink: LogEntrySink {
    /// What was handed over, in one number.
    private(set) var digest: UInt64 = 14_695_981_039_346_656_037
    private(set) var entries = 0
    private(set) var lastRefusal = ""
    private var byteCount = 0
    var isFull: Bool { byteCount > 64 << 20 }
    var now: Int64 { Int64(present) }

    mutating func beginStream(_ text: UnsafeBufferPointer<UInt8>, _ kind: LogStreamText) {
        var fields = LogFields()
        if (try? kind.read(text, into: &fields)) != nil { read(fields) }
    }

    mutating func beginStream(_ labels: LogFields) { read(labels) }

    mutating func append(time: Int64, line: UnsafeBufferPointer<UInt8>, metadata: inout LogFields) -> Bool {
        entries += 1
        digest = (digest ^ UInt64(bitPattern: time)) &* 1_099_511_628_211
        read(line)
        read(metadata)
        // As storage does, which finds levels and traces in lines.
        metadata.append("detected_level", "info")
        return true
    }

    mutating func refuse(_ reason: @autoclosure () -> String) {
        lastRefusal = reason()
        digest = (digest ^ 1) &* 1_099_511_628_211
    }

    private mutating func read(_ fields: LogFields) {
        precondition(fields.names.count == fields.values.count, "a name without a value")
        read(fields.names.bytes)
        read(fields.values.bytes)
    }

    private mutating func read(_ bytes: some Collection<UInt8>) {
        byteCount += bytes.count
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 1_099_511_628_211 }
    }
}
