internal import TelemetryModel

extension LogBatch {
    /// The same entries with those of each stream beside each other, in the order in which they were sent; this batch where they are so already.
    var gathered: LogBatch {
        var places: [LabelSet: Int] = [:]
        var streams: [[Int]] = []
        for (index, part) in parts.enumerated() {
            if let place = places[part.labels] {
                streams[place].append(index)
            } else {
                places[part.labels] = streams.count
                streams.append([index])
            }
        }
        if streams.count == parts.count { return self }
        var batch = LogBatch()
        for stream in streams {
            batch.beginPart(parts[stream[0]].labels)
            for entry in stream.lazy.flatMap({ parts[$0].entries }) {
                batch.append(
                    time: times[entry], line: { $0.append(contentsOf: lines.bytes[lines.range(entry)]) },
                    metadata: { $0.append(contentsOf: metadata.bytes[metadata.range(entry)]) })
            }
        }
        return batch
    }
}
