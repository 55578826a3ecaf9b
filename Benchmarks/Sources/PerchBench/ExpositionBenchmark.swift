internal import ExpositionFormat

/// Reading a page: what every scrape does, and what only the first of a target does.
struct ExpositionBenchmark {
    let stopwatch: Stopwatch

    func run() throws {
        let (text, samples) = NodePage.make(isOpenMetrics: false)
        let openMetrics = NodePage.make(isOpenMetrics: true).bytes
        var table = Table("a page of \(samples) samples, \(text.count / 1024) KiB", "ns/sample", "M samples/s", "MB/s")
        func add(_ name: String, _ bytes: Int, _ timing: Timing) {
            table.add(
                name, shown(timing.nanosecondsPerItem, digits: 0), millions(timing), shown(Double(bytes) / timing.seconds / 1e6, digits: 0))
        }
        add("Prometheus text", text.count, try stopwatch.time(items: samples) { keep(try parse(text, .prometheus)) })
        add("OpenMetrics", openMetrics.count, try stopwatch.time(items: samples) { keep(try parse(openMetrics, .openMetrics)) })
        var decoder = SeriesTextDecoder()
        var packed: [UInt8] = []
        let first = try stopwatch.time(items: samples) {
            var parser = ExpositionParser(text, format: .prometheus)
            while let entry = try parser.next() {
                guard case .sample(let sample) = entry else { continue }
                packed.removeAll(keepingCapacity: true)
                try decoder.decode(text, sample.series, into: &packed)
                keep(packed.count)
            }
        }
        add("Prometheus text, and the labels of every series", text.count, first)
        table.print()
    }

    private func parse(_ page: [UInt8], _ format: ExpositionTextFormat) throws -> Int {
        var parser = ExpositionParser(page, format: format)
        var count = 0
        while let entry = try parser.next() {
            if case .sample(let sample) = entry { count += sample.series.count }
        }
        return count
    }
}
