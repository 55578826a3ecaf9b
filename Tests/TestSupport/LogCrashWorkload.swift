public import TelemetryModel

/// What the process that is killed again and again writes of logs: batches that seed, writer and number determine, so that the test can tell afterwards
/// what must be there.
public enum LogCrashWorkload {
    public static let writers = 3
    /// 2026-11-22T12:00:00Z.
    public static let noon: Int64 = 1_795_348_800_000_000_000

    /// The clock when a batch is written.
    public static func clock(batch: Int) -> Int64 { noon + Int64(batch) * 1_000_000_000 }

    /// What a writer deletes in place of a batch: all of its lines with a word that came before. Nil where the number is that of a batch.
    public static func deletion(writer: Int, number: Int) -> String? { number % 25 == 24 ? "word\(number % 7)" : nil }

    /// One batch of one writer: a few lines of one or two streams, some of them late.
    public static func batch(seed: UInt64, writer: Int, number: Int) -> LogBatch {
        var generator = SeededGenerator(seed: seed &+ UInt64(writer) &* 1_000_003 &+ UInt64(number) &* 7_919)
        var batch = LogBatch()
        for level in ["info", "error"].prefix(Int.random(in: 1...2, using: &generator)) {
            batch.beginPart(LabelSet([("writer", "\(writer)"), ("level", level)]))
            for index in 0..<Int.random(in: 1...20, using: &generator) {
                // Some are of the day before.
                let back = Int.random(in: 0..<10, using: &generator) == 0 ? 90_000_000_000_000 as Int64 : 0
                let word = "word\(Int.random(in: 0..<7, using: &generator))"
                let id = String(generator.next(), radix: 16)
                let line =
                    Bool.random(using: &generator)
                    ? "{\"n\":\(number),\"i\":\(index),\"word\":\"\(word)\",\"id\":\"\(id)\"}"
                    : "batch \(number) line \(index) has \(word) and \(id)"
                batch.append(
                    time: clock(batch: number) - back + Int64(index) * 1_000_000, line: line.utf8, metadata: LabelSet([("id", id)]).packed)
            }
        }
        return batch
    }
}
