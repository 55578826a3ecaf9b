internal import TelemetryModel

/// How many traces of each service were kept lately: a token bucket for each, which holds a second's worth.
struct TraceRates: Sendable {
    private struct Bucket: Sendable {
        var tokens: Double
        var filledAt: Timestamp
    }

    private let rate: Double
    private let rates: [Identity: Double]
    private var buckets: [Identity: Bucket] = [:]
    /// Services that are told apart; beyond, those are forgotten that have not used what they may.
    private static let servicesMax = 10_000

    init(_ options: SamplingOptions, seed: UInt64) {
        rate = options.tracesPerSecond
        rates = Dictionary(
            options.tracesPerSecondByService.map { (Identity(of: Array($0.key.utf8), seed: seed), $0.value) }, uniquingKeysWith: { $1 })
    }

    var isUsed: Bool { rate > 0 || !rates.isEmpty }

    /// Whether a trace of a service may be kept; it counts if so.
    mutating func take(_ service: Identity, _ now: Timestamp) -> Bool {
        let rate = rates[service] ?? rate
        if rate <= 0 { return false }
        let full = max(1, rate)
        var bucket = buckets[service] ?? Bucket(tokens: full, filledAt: now)
        bucket.tokens = min(full, bucket.tokens + Double(max(0, now - bucket.filledAt)) / 1000 * rate)
        bucket.filledAt = max(bucket.filledAt, now)
        let isTaken = bucket.tokens >= 1
        if isTaken { bucket.tokens -= 1 }
        if buckets.count >= TraceRates.servicesMax, buckets[service] == nil {
            // Whoever was silent for so long that a full bucket is due loses nothing.
            let fillMilliseconds = 1000.0 * max(1, 1 / rate)
            buckets = buckets.filter { Double(now - $0.value.filledAt) < fillMilliseconds }
            if buckets.count >= TraceRates.servicesMax { return false }
        }
        buckets[service] = bucket
        return isTaken
    }
}
