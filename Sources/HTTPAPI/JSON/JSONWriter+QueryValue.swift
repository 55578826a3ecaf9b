internal import QueryModel
internal import TelemetryModel

extension JSONWriter {
    /// `"resultType": …, "result": …`: two members of an object. Clients need them in this order.
    mutating func queryResult(_ value: QueryValue) {
        member("resultType", value.type.rawValue)
        name("result")
        queryResultValue(value)
    }

    /// The value of the member `result`.
    mutating func queryResultValue(_ value: QueryValue) {
        switch value {
        case .scalar(let sample): self.sample(sample.timestamp, sample.value)
        case .string(let timestamp, let text):
            beginArray()
            self.timestamp(timestamp)
            self.value(text)
            endArray()
        case .vector(let samples):
            beginArray()
            for sample in samples { vectorSample(sample) }
            endArray()
        case .matrix(let series):
            beginArray()
            for one in series { matrixSeries(one) }
            endArray()
        }
    }

    private mutating func vectorSample(_ sample: VectorSample) {
        beginObject()
        name("metric")
        labels(sample.labels)
        switch sample.value {
        case .float(let number):
            name("value")
            self.sample(sample.timestamp, number)
        case .histogram(let histogram):
            name("histogram")
            histogramSample(sample.timestamp, histogram)
        }
        endObject()
    }

    private mutating func matrixSeries(_ series: MatrixSeries) {
        beginObject()
        name("metric")
        labels(series.labels)
        let samples = series.samples
        if !samples.timestamps.isEmpty {
            name("values")
            beginArray()
            for index in samples.timestamps.indices { sample(samples.timestamps[index], samples.values[index]) }
            endArray()
        }
        if !samples.histograms.isEmpty {
            name("histograms")
            beginArray()
            for sample in samples.histograms { histogramSample(sample.timestamp, sample.histogram) }
            endArray()
        }
        endObject()
    }

    private mutating func histogramSample(_ time: Timestamp, _ histogram: NativeHistogram) {
        beginArray()
        timestamp(time)
        self.histogram(histogram)
        endArray()
    }

    /// A native histogram; buckets without a count are left out.
    mutating func histogram(_ histogram: NativeHistogram) {
        beginObject()
        name("count")
        quotedFloat(histogram.count)
        name("sum")
        quotedFloat(histogram.sum)
        var sawBucket = false
        for bucket in histogram.allBuckets where bucket.count != 0 {
            if !sawBucket {
                name("buckets")
                beginArray()
                sawBucket = true
            }
            beginArray()
            // 0: open on the left, 1: open on the right, 2: open on both sides, 3: closed on both.
            switch (bucket.lowerInclusive, bucket.upperInclusive) {
            case (false, true): value(0)
            case (true, false): value(1)
            case (false, false): value(2)
            case (true, true): value(3)
            }
            quotedFloat(bucket.lower)
            quotedFloat(bucket.upper)
            quotedFloat(bucket.count)
            endArray()
        }
        if sawBucket { endArray() }
        endObject()
    }

    /// The member `stats` of a query's answer.
    mutating func statistics(_ statistics: QueryStatistics) {
        name("stats")
        beginObject()
        name("timings")
        beginObject()
        let evaluation = statistics.preparationSeconds + statistics.evaluationSeconds + statistics.sortSeconds
        timing("evalTotalTime", evaluation)
        timing("resultSortTime", statistics.sortSeconds)
        timing("queryPreparationTime", statistics.preparationSeconds)
        timing("innerEvalTime", statistics.evaluationSeconds)
        timing("execQueueTime", statistics.queueSeconds)
        timing("execTotalTime", evaluation + statistics.queueSeconds)
        endObject()
        name("samples")
        beginObject()
        samples("totalQueryableSamplesPerStep", statistics.queryableSamplesByStep)
        member("totalQueryableSamples", statistics.totalQueryableSamples)
        samples("samplesReadPerStep", statistics.freshSamplesByStep)
        member("samplesRead", statistics.freshSamples)
        member("peakSamples", statistics.peakSamples)
        endObject()
        endObject()
    }

    /// Samples by step; nothing where there are none.
    private mutating func samples(_ name: String, _ steps: [QueryStatistics.StepSamples]) {
        if steps.isEmpty { return }
        self.name(name)
        beginArray()
        for step in steps {
            beginArray()
            timestamp(step.time)
            value(step.samples)
            endArray()
        }
        endArray()
    }

    private mutating func timing(_ name: String, _ seconds: Double) {
        self.name(name)
        value(seconds)
    }
}
