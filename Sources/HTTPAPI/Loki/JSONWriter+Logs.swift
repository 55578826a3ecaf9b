internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// Answers of Loki's API. Its readers depend on the order of members, and take no others.
extension JSONWriter {
    /// The envelope up to the value of `result`.
    mutating func beginLogAnswer(_ resultType: String, _ flags: LogEncoding) {
        beginObject()
        member("status", "success")
        name("data")
        beginObject()
        member("resultType", resultType)
        if flags.isCategorized { encodingFlags() }
        name("result")
    }

    mutating func encodingFlags() {
        name("encodingFlags")
        array([LogEncoding.categorizeLabels])
    }

    /// What stands behind the value of `result`.
    mutating func endLogAnswer(_ statistics: LogStatistics, _ times: LogAnswerTimes) {
        name("stats")
        logStatistics(statistics, times)
        endObject()
        endObject()
    }

    /// Lines by their streams, sorted by labels.
    mutating func streams(_ result: LogResult, _ flags: LogEncoding) {
        beginArray()
        for stream in result.streams(isCategorized: flags.isCategorized) {
            beginObject()
            name("stream")
            labels(stream.labels)
            name("values")
            beginArray()
            for line in stream.lines {
                let code = Int(result.labelCodes[line])
                logEntry(
                    result.times[line], result.lines.bytes[result.lines.range(line)],
                    kinds: flags.isCategorized ? (result.labels[code].metadata, result.labels[code].parsed) : nil)
            }
            endArray()
            endObject()
        }
        endArray()
    }

    /// `["nanoseconds", "line"]`, with an object of the labels that are not the stream's where kinds are given.
    mutating func logEntry(_ time: Int64, _ line: ArraySlice<UInt8>, kinds: (metadata: LabelSet, parsed: LabelSet)?) {
        beginArray()
        quotedInteger(time)
        value(utf8: line)
        if let kinds {
            beginObject()
            if !kinds.metadata.isEmpty {
                name("structuredMetadata")
                labels(kinds.metadata)
            }
            if !kinds.parsed.isEmpty {
                name("parsed")
                labels(kinds.parsed)
            }
            endObject()
        }
        endArray()
    }

    /// The member `stats`, as far as this engine has such numbers: everything is read from tables, which count as chunks.
    private mutating func logStatistics(_ statistics: LogStatistics, _ times: LogAnswerTimes) {
        func perSecond(_ number: Int) -> Int {
            let rate = Double(number) / max(times.executionSeconds, 1e-6)
            return rate < 9e18 ? Int(rate) : .max
        }
        beginObject()
        name("summary")
        beginObject()
        member("bytesProcessedPerSecond", perSecond(statistics.bytesProcessed))
        member("linesProcessedPerSecond", perSecond(statistics.linesProcessed))
        member("totalBytesProcessed", statistics.bytesProcessed)
        member("totalLinesProcessed", statistics.linesProcessed)
        name("execTime")
        value(times.executionSeconds)
        name("queueTime")
        value(times.queueSeconds)
        member("subqueries", 0)
        member("totalEntriesReturned", statistics.entriesReturned)
        member("splits", 0)
        member("shards", 0)
        endObject()
        name("querier")
        beginObject()
        name("store")
        chunkStore(statistics)
        endObject()
        name("ingester")
        beginObject()
        member("totalReached", 0)
        member("totalChunksMatched", 0)
        member("totalBatches", 0)
        member("totalLinesSent", 0)
        name("store")
        chunkStore(LogStatistics())
        endObject()
        name("index")
        beginObject()
        member("totalChunks", statistics.tablesRead)
        member("postFilterChunks", statistics.tablesRead)
        endObject()
        endObject()
    }

    private mutating func chunkStore(_ statistics: LogStatistics) {
        beginObject()
        member("totalChunksRef", statistics.tablesRead)
        member("totalChunksDownloaded", statistics.tablesRead)
        member("chunksDownloadTime", 0)
        name("chunk")
        beginObject()
        member("headChunkBytes", 0)
        member("headChunkLines", 0)
        member("decompressedBytes", statistics.bytesProcessed)
        member("decompressedLines", statistics.linesProcessed)
        member("compressedBytes", statistics.storedBytesRead)
        member("totalDuplicates", 0)
        endObject()
        endObject()
    }
}
