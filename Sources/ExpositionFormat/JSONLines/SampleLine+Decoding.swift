internal import TelemetryModel

extension SampleLine {
    /// Reads a line, with or without its line feed.
    ///
    /// - Throws: ``SampleLineError`` with the column.
    public init(decoding line: [UInt8]) throws(SampleLineError) {
        var scanner = JSONScanner(line)
        var series: Series?
        var parts = Series()
        var family: String?
        var metadata = MetricMetadata()
        try scanner.object { (scanner, name, offset) throws(SampleLineError) in
            switch name {
            case "metric": series = Series(labels: try SampleLine.labels(&scanner))
            case "samples": try SampleLine.samples(&scanner, into: &parts)
            case "histograms": try SampleLine.histograms(&scanner, into: &parts)
            case "exemplars": try SampleLine.exemplars(&scanner, into: &parts.exemplars)
            case "family": family = try scanner.string()
            case "help": metadata.help = try scanner.string()
            case "unit": metadata.unit = try scanner.string()
            case "type":
                let start = scanner.position
                guard let type = MetricType(rawValue: try scanner.string()) else {
                    throw scanner.failure("unknown metric type", at: start)
                }
                metadata.type = type
            default: throw scanner.failure("unknown member \(quoted(name))", at: offset)
            }
        }
        try scanner.expectEnd()
        if let series, family == nil {
            if series.labels.isEmpty { throw scanner.failure("the series has no labels", at: 0) }
            parts.labels = series.labels
            self = .series(parts)
        } else if let family, series == nil {
            if family.isEmpty { throw scanner.failure("the family has no name", at: 0) }
            self = .metadata(family: family, metadata)
        } else {
            throw scanner.failure("expected either a metric or a family", at: 0)
        }
    }

    private static func labels(_ scanner: inout JSONScanner) throws(SampleLineError) -> LabelSet {
        var builder = LabelSetBuilder()
        try scanner.object { (scanner, name, offset) throws(SampleLineError) in
            if name.isEmpty { throw scanner.failure("a label has no name", at: offset) }
            if !builder[name].isEmpty { throw scanner.failure("the label name stands twice in the series", at: offset) }
            builder.set(name, try scanner.string())
        }
        return builder.build()
    }

    private static func samples(_ scanner: inout JSONScanner, into series: inout Series) throws(SampleLineError) {
        var (timestamps, values, starts) = (series.timestamps, series.values, series.starts)
        try scanner.array { (scanner) throws(SampleLineError) in
            try scanner.expect("[")
            timestamps.append(try scanner.integer(Timestamp.self))
            try scanner.expect(",")
            values.append(try scanner.value())
            note(try endOfSample(&scanner), of: values.count, in: &starts)
        }
        (series.timestamps, series.values, series.starts) = (timestamps, values, starts)
    }

    /// The end of a sample, with its start before it where that is known; else 0.
    private static func endOfSample(_ scanner: inout JSONScanner) throws(SampleLineError) -> Timestamp {
        guard scanner.peek() == UInt8(ascii: ",") else {
            try scanner.expect("]")
            return 0
        }
        try scanner.expect(",")
        let start = try scanner.integer(Timestamp.self)
        try scanner.expect("]")
        return start
    }

    private static func note(_ start: Timestamp, of count: Int, in starts: inout [Timestamp]) {
        if start == 0 { return }
        starts.append(contentsOf: repeatElement(0, count: count - 1 - starts.count))
        starts.append(start)
    }

    private static func histograms(_ scanner: inout JSONScanner, into series: inout Series) throws(SampleLineError) {
        var (histograms, starts) = (series.histograms, series.histogramStarts)
        try scanner.array { (scanner) throws(SampleLineError) in
            try scanner.expect("[")
            let timestamp = try scanner.integer(Timestamp.self)
            try scanner.expect(",")
            _ = scanner.peek()
            let start = scanner.position
            let histogram = try histogram(&scanner)
            if !histogram.isStaleMarker {
                do throws(NativeHistogramError) { try histogram.validate() } catch {
                    throw scanner.failure(error.description, at: start)
                }
            }
            histograms.append(HistogramSample(timestamp: timestamp, histogram: histogram))
            note(try endOfSample(&scanner), of: histograms.count, in: &starts)
        }
        (series.histograms, series.histogramStarts) = (histograms, starts)
    }

    private static func histogram(_ scanner: inout JSONScanner) throws(SampleLineError) -> NativeHistogram {
        var histogram = NativeHistogram(isFloat: false)
        try scanner.object { (scanner, name, offset) throws(SampleLineError) in
            switch name {
            case "count": histogram.count = try scanner.value()
            case "sum": histogram.sum = try scanner.value()
            case "schema": histogram.schema = try scanner.integer(Int32.self)
            case "zero_threshold": histogram.zeroThreshold = try scanner.value()
            case "zero_count": histogram.zeroCount = try scanner.value()
            case "positive_spans": histogram.positiveSpans = try spans(&scanner)
            case "positive_counts": histogram.positiveBuckets = try values(&scanner)
            case "negative_spans": histogram.negativeSpans = try spans(&scanner)
            case "negative_counts": histogram.negativeBuckets = try values(&scanner)
            case "custom_bounds": histogram.customBounds = try values(&scanner)
            case "float": histogram.isFloat = try scanner.boolean()
            case "reset_hint":
                guard let hint = NativeHistogram.ResetHint(word: try scanner.string()) else {
                    throw scanner.failure("unknown reset hint", at: offset)
                }
                histogram.resetHint = hint
            default: throw scanner.failure("unknown member \(quoted(name))", at: offset)
            }
        }
        return histogram
    }

    private static func spans(_ scanner: inout JSONScanner) throws(SampleLineError) -> [NativeHistogram.BucketSpan] {
        var spans: [NativeHistogram.BucketSpan] = []
        try scanner.array { (scanner) throws(SampleLineError) in
            try scanner.expect("[")
            let offset = try scanner.integer(Int32.self)
            try scanner.expect(",")
            spans.append(NativeHistogram.BucketSpan(offset: offset, length: try scanner.integer(UInt32.self)))
            try scanner.expect("]")
        }
        return spans
    }

    private static func values(_ scanner: inout JSONScanner) throws(SampleLineError) -> [Double] {
        var values: [Double] = []
        try scanner.array { (scanner) throws(SampleLineError) in values.append(try scanner.value()) }
        return values
    }

    private static func exemplars(_ scanner: inout JSONScanner, into exemplars: inout [Exemplar]) throws(SampleLineError) {
        try scanner.array { (scanner) throws(SampleLineError) in
            try scanner.expect("[")
            let timestamp = try scanner.integer(Timestamp.self)
            try scanner.expect(",")
            let value = try scanner.value()
            try scanner.expect(",")
            exemplars.append(Exemplar(labels: try labels(&scanner), value: value, timestamp: timestamp))
            try scanner.expect("]")
        }
    }
}
