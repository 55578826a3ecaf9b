internal import MetricStorage
internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import ShardStorage
internal import TelemetryModel

/// Reads what was appended and turns it into items to be sent to one remote. Used by one thread at a time.
struct BacklogFeed: Sendable {
    /// What one read gave.
    struct Portion: Sendable {
        var items: [(item: QueuedItem, lane: Int)] = []
        var relabeled = ItemCounts()
        var notWanted = ItemCounts()
        var lost = 0
        /// Everything before was read.
        var before: ItemPosition
        var isAtEnd = false
        /// Whether a segment of the journal came to its end, which is kept for this remote as long as it was not sent.
        var turnsSegment = false
    }

    private let reader: String
    private let storage: MetricStorage
    private let sendsExemplars: Bool
    private let sendsHistograms: Bool
    private var book: SeriesBook
    private var position: JournalPosition
    /// Nothing before is wanted. The segment is read from its start nevertheless, since that names its series.
    private let from: ItemPosition

    init(_ settings: RemoteWriteSettings, externalLabels: LabelSet, from: ItemPosition, storage: MetricStorage) {
        reader = settings.identity
        self.storage = storage
        sendsExemplars = settings.sendsExemplars
        sendsHistograms = settings.sendsHistograms
        book = SeriesBook(externalLabels: externalLabels, rules: settings.rules)
        position = JournalPosition(segment: from.segment)
        self.from = from
    }

    /// Reads on. Blocks.
    mutating func read(bytesMax: Int) throws(MetricStorageError) -> Portion {
        let reading = try storage.readBacklog(reader, after: position, bytesMax: bytesMax)
        var portion = Portion(before: ItemPosition(segment: reading.position.segment, entry: reading.position.entry + 1))
        portion.lost = reading.lostSamples
        portion.isAtEnd = reading.isAtEnd
        portion.turnsSegment = reading.position.segment != position.segment
        for batch in reading.batches { add(batch, to: &portion) }
        position = reading.position
        return portion
    }

    private mutating func add(_ batch: AppendedBatch, to portion: inout Portion) {
        book.turn(to: batch.position.segment)
        var place = ItemPosition(segment: batch.position.segment, entry: batch.position.entry)
        let isWanted = ItemPosition(segment: place.segment, entry: place.entry + 1) > from
        batch.forEachSeries { series in
            let entry = book.entry(series.number, packed: series.packedLabels)
            guard isWanted, let entry else { return }
            guard let labels = entry.labels else {
                if place >= from {
                    portion.relabeled += ItemCounts(
                        samples: series.values.count, histograms: series.histograms.count, exemplars: series.exemplars.count)
                }
                place.item += Int64(series.values.count + series.histograms.count + series.exemplars.count)
                return
            }
            func offer(_ element: RemoteWriteElement) {
                portion.items.append((QueuedItem(series: entry.id, labels: labels, element: element, position: place), entry.lane))
                place.item += 1
            }
            for (time, value) in zip(series.timestamps, series.values) {
                offer(RemoteWriteElement(time: time, start: series.starts.isEmpty ? 0 : series.start(at: time), .sample(value)))
            }
            if sendsHistograms {
                for sample in series.histograms {
                    let start = series.starts.isEmpty ? 0 : series.start(at: sample.timestamp)
                    offer(RemoteWriteElement(time: sample.timestamp, start: start, .histogram(sample.histogram)))
                }
            } else {
                if place >= from { portion.notWanted.histograms += series.histograms.count }
                place.item += Int64(series.histograms.count)
            }
            if sendsExemplars {
                for exemplar in series.exemplars { offer(RemoteWriteElement(time: exemplar.timestamp, .exemplar(exemplar))) }
            } else {
                if place >= from { portion.notWanted.exemplars += series.exemplars.count }
                place.item += Int64(series.exemplars.count)
            }
        }
    }
}
