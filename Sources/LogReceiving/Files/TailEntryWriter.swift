internal import ByteCoding
internal import LogFormats
internal import TelemetryModel

/// Hands entries of files to a sink, with the labels of their file.
struct TailEntryWriter: Sendable {
    private let labels: [(name: String, value: String)]
    private let readsTimes: Bool

    /// Times so far ahead are those of clocks that are wrong: the time of reading is taken instead.
    private static let aheadMax: Int64 = 600_000_000_000

    /// - Parameter labels: what every entry gets beside `filename`, and the names of its container where the path says them.
    init(labels: [(name: String, value: String)], format: LineFormat) {
        self.labels = labels
        readsTimes = format == .auto || format == .json
    }

    func write<Sink: LogEntrySink>(_ batch: TailBatch, into sink: inout Sink) {
        var metadata = LogFields()
        for run in batch.runs {
            sink.beginStream(stream(run.path))
            run.texts.bytes.withUnsafeBufferPointer { bytes in
                for index in 0..<run.texts.count {
                    let line = UnsafeBufferPointer(rebasing: bytes[run.texts.range(index)])
                    metadata.removeAll()
                    if let stream = run.streams[index] { metadata.append("stream", stream.rawValue) }
                    var time = run.times[index] ?? (readsTimes ? TailEntryWriter.time(in: line) : nil) ?? sink.now
                    if time > sink.now.addingReportingOverflow(TailEntryWriter.aheadMax).partialValue { time = sink.now }
                    _ = sink.append(time: time, line: line, metadata: &metadata)
                }
            }
        }
    }

    private func stream(_ path: String) -> LogFields {
        var fields = LogFields()
        fields.append("filename", path)
        if let names = ContainerPath.names(path) {
            fields.append("k8s_namespace_name", names.namespace)
            fields.append("k8s_pod_name", names.pod)
            fields.append("k8s_container_name", names.container)
        }
        // What is configured counts before what is found.
        for label in labels { fields.append(label.name, label.value) }
        return fields
    }

    /// The time that a line says which is a JSON object: of its first member with one of the usual names.
    static func time(in line: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard line.first == UInt8(ascii: "{") else { return nil }
        var cursor = JSONCursor(line)
        do throws(JSONFault) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                let isTime = timeNames.contains { cursor.equals(key, $0) }
                switch try cursor.peekKind() {
                case .string where isTime: return LogTime.any(cursor.bytes(try cursor.readText().range))
                case .number where isTime: return LogTime.number(cursor.bytes(try cursor.readNumber().range))
                default: try cursor.skipValue()
                }
            }
        } catch {
            // What is no JSON is text, and text has no time.
        }
        return nil
    }

    private static let timeNames: [StaticString] = ["timestamp", "@timestamp", "time", "ts", "datetime", "asctime"]
}
