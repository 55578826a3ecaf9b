internal import CivilCalendar
internal import QueryModel
internal import TelemetryModel

extension JSONWriter {
    /// The member `explain` of a query's answer.
    mutating func explanation(_ explanation: QueryExplanation, _ statistics: QueryStatistics) {
        name("explain")
        beginObject()
        seconds("queueSeconds", statistics.queueSeconds)
        seconds("parseSeconds", statistics.preparationSeconds)
        seconds("evaluationSeconds", statistics.evaluationSeconds)
        seconds("otherSeconds", explanation.otherSeconds)
        seconds("totalSeconds", statistics.queueSeconds + statistics.preparationSeconds + statistics.evaluationSeconds)
        member("steps", explanation.stepCount)
        if let reuse = explanation.reuse {
            name("reuse")
            beginObject()
            member("stepsReused", reuse.stepsReused)
            member("stepsEvaluated", reuse.stepsEvaluated)
            if let reason = reuse.reason { member("reason", reason) }
            endObject()
        }
        member("series", statistics.seriesSelected)
        member("samplesRead", statistics.samplesRead)
        member("peakSamples", statistics.peakSamples)
        name("plan")
        part(explanation.root)
        endObject()
    }

    private mutating func part(_ part: QueryExplanation.Part) {
        beginObject()
        member("kind", part.kind.rawValue)
        member("title", part.title)
        name("notes")
        array(part.notes)
        member("evaluated", part.isEvaluated)
        if let range = part.range {
            name("range")
            beginArray()
            timestamp(range.start)
            timestamp(range.end)
            endArray()
        }
        seconds("seconds", part.totalSeconds)
        seconds("selfSeconds", part.selfSeconds)
        if let series = part.seriesIn { member("seriesIn", series) }
        if let series = part.seriesOut { member("seriesOut", series) }
        member("samplesRead", part.samplesRead)
        if let reading = part.reading { self.reading(reading) }
        name("children")
        beginArray()
        for child in part.children { self.part(child) }
        endArray()
        endObject()
    }

    private mutating func reading(_ reading: SelectionReading) {
        name("read")
        beginObject()
        member("headSeries", reading.headSeries)
        name("shards")
        beginArray()
        for shard in reading.shards {
            beginObject()
            member("day", CivilTime(milliseconds: shard.day).date.text)
            member("series", shard.series)
            member("pages", shard.pages)
            member("bytes", shard.bytes)
            endObject()
        }
        endArray()
        endObject()
    }

    private mutating func seconds(_ name: String, _ seconds: Double) {
        self.name(name)
        value(seconds)
    }
}
