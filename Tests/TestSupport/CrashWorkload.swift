public import TelemetryModel

/// What the process that is killed again and again writes: batches that seed, writer and number determine, so that the test can
/// tell afterwards what must be there.
public enum CrashWorkload {
    public static let writers = 3
    /// 2026-11-22T12:00:00Z.
    public static let noon: Timestamp = 1_795_348_800_000

    /// One series' part of a batch.
    public struct Run: Sendable {
        public let labels: LabelSet
        public let samples: [Sample]
    }

    /// The clock when a batch is written.
    public static func clock(batch: Int) -> Timestamp { noon + Timestamp(batch) * 1000 }

    /// What a writer deletes in place of a batch: one of its metrics, within a range of times. Nil where the number is that of a batch.
    public static func deletion(seed: UInt64, writer: Int, number: Int) -> (metric: String, range: TimeRange)? {
        guard number % 25 == 24 else { return nil }
        var generator = SeededGenerator(seed: seed &+ UInt64(writer) &* 1_000_003 &+ UInt64(number) &* 7_919)
        let metric = "crash_\(Int.random(in: 0..<10, using: &generator))"
        if Bool.random(using: &generator) { return (metric, .all) }
        let start = clock(batch: number) - Int64.random(in: 0...86_400_000, using: &generator)
        return (metric, TimeRange(start: start, end: start + 43_200_000))
    }

    /// One batch of one writer. Writers share no series, so that the order between them does not matter.
    public static func batch(seed: UInt64, writer: Int, number: Int) -> [Run] {
        var generator = SeededGenerator(seed: seed &+ UInt64(writer) &* 1_000_003 &+ UInt64(number) &* 7_919)
        let now = clock(batch: number)
        return (0..<Int.random(in: 1...60, using: &generator)).map { _ in
            let labels: LabelSet = [
                "__name__": "crash_\(Int.random(in: 0..<10, using: &generator))", "writer": "\(writer)",
                // New series come and old ones go.
                "pod": "pod-\(number / 200)-\(Int.random(in: 0..<20, using: &generator))",
            ]
            let isLate = Int.random(in: 0..<12, using: &generator) == 0
            var time = now - (isLate ? Int64.random(in: 0...2 * 86_400_000, using: &generator) : 0)
            let samples = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                time += 250
                return Sample(timestamp: time, value: Double(Int.random(in: 0...1_000_000, using: &generator)) / 100)
            }
            return Run(labels: labels, samples: samples)
        }
    }
}
