internal import LabelMatching
internal import RuleTesting
internal import TelemetryModel

/// Asks a server what expressions gave in the past.
struct HistoryFetcher {
    /// The most points of one series in an answer; Prometheus gives no more.
    static let pointsMax: Int64 = 11_000
    /// How many questions are asked at a time.
    private static let parallelMax = 4
    /// How long a time raw samples are asked for at once.
    private static let rawPartMilliseconds: Int64 = 86_400_000

    let client: PerchClient

    /// Parts of a range of steps that follow each other, as few as may be and of about the same length.
    static func parts(of times: TimeRange, step: Int64) -> [TimeRange] {
        guard times.start <= times.end else { return [] }
        let steps = (times.end - times.start) / step + 1
        let count = (steps + pointsMax - 1) / pointsMax
        let length = (steps + count - 1) / count
        return stride(from: 0, to: steps, by: Int64.Stride(length)).map { first in
            TimeRange(start: times.start + first * step, end: times.start + min(first + length - 1, steps - 1) * step)
        }
    }

    /// The values of an expression at every step of a range.
    ///
    /// - Parameter takesHistograms: whether native histograms are elements with the value 0; else they are an error.
    func history(
        of expression: String, at times: TimeRange, step: Int64, takesHistograms: Bool = true
    ) async throws(ClientError) -> ExpressionHistory {
        var history = ExpressionHistory()
        try await inOrder(HistoryFetcher.parts(of: times, step: step)) { (part) async throws(ClientError) in
            try await client.queryRange(expression, from: part.start, to: part.end, stepMilliseconds: step)
        } take: { (reply) throws(ClientError) in
            guard case .matrix(let matrix) = reply.result else { throw ClientError("\(expression) gives no series over time") }
            try append(matrix, to: &history, takesHistograms)
        }
        return history
    }

    /// The samples themselves of the series that a selector finds.
    func samples(of matchers: [LabelMatcher], in range: TimeRange) async throws(ClientError) -> ExpressionHistory {
        var parts: [TimeRange] = []
        var start = range.start
        while start < range.end {
            let end = min(range.end, start + HistoryFetcher.rawPartMilliseconds)
            parts.append(TimeRange(start: start, end: end))
            start = end
        }
        let selector = "{" + matchers.map(\.description).joined(separator: ",") + "}"
        var history = ExpressionHistory()
        try await inOrder(parts) { (part) async throws(ClientError) in
            try await client.query("\(selector)[\(part.end - part.start)ms]", at: part.end)
        } take: { (reply) throws(ClientError) in
            guard case .matrix(let matrix) = reply.result else { throw ClientError("\(selector) gives no samples") }
            try append(matrix, to: &history, true)
        }
        return history
    }

    private func append(_ matrix: [QueryReply.Series], to history: inout ExpressionHistory, _ takesHistograms: Bool) throws(ClientError) {
        for series in matrix {
            for point in series.points {
                switch point.value {
                case .float: history.append(series.labels, point.time, point.value.number)
                case .histogram:
                    if !takesHistograms { throw ClientError("\(series.labels) is a native histogram, which answers do not give in full") }
                    history.append(series.labels, point.time, 0)
                }
            }
        }
    }

    /// What came of one question.
    private struct Answer: Sendable {
        let place: Int
        let reply: Result<QueryReply, ClientError>
    }

    /// Asks for parts, a few at a time, and takes the answers in their order.
    private func inOrder(
        _ parts: [TimeRange], ask: @escaping @Sendable (TimeRange) async throws(ClientError) -> QueryReply,
        take: (QueryReply) throws(ClientError) -> Void
    ) async throws(ClientError) {
        var next = 0
        while next < parts.count {
            let batch = parts[next..<min(parts.count, next + HistoryFetcher.parallelMax)]
            let answers = await withTaskGroup(of: Answer.self) { group in
                for (place, part) in zip(batch.indices, batch) {
                    group.addTask { Answer(place: place, reply: await HistoryFetcher.reply(to: part, ask)) }
                }
                var answers: [Answer] = []
                for await answer in group { answers.append(answer) }
                return answers.sorted { $0.place < $1.place }
            }
            precondition(answers.map(\.place).elementsEqual(batch.indices), "BUG: a question without an answer")
            for answer in answers { try take(try answer.reply.get()) }
            next = batch.endIndex
        }
    }

    private static func reply(
        to part: TimeRange, _ ask: @Sendable (TimeRange) async throws(ClientError) -> QueryReply
    ) async -> Result<QueryReply, ClientError> {
        do throws(ClientError) { return .success(try await ask(part)) } catch { return .failure(error) }
    }
}
