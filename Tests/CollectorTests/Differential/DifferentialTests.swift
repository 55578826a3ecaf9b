import Foundation
import TestSupport
import Testing

/// Random queries over random series, answered by this Perch and by Debian's Prometheus 2.42 on the same samples.
///
/// `PERCH_DIFFERENTIAL` is the number of queries (400) and `PERCH_DIFFERENTIAL_SEED` the seed (1): the same seed asks the same queries
/// of the same samples. docs/correctness.md tells how to read a difference.
@Suite(.serialized) struct DifferentialTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["PERCH_DIFFERENTIAL"].flatMap(Int.init) ?? 400
    private static let seed = environment["PERCH_DIFFERENTIAL_SEED"].flatMap(UInt64.init) ?? 1
    /// Queries asked of one set of series before the next is written.
    private static let perRound = 400

    /// What came of the queries.
    private struct Tally: Sendable {
        var same = 0
        var withoutSeries = 0
        var refusedByBoth = 0
        var known: [String: Int] = [:]
        var unexplained: [String] = []

        mutating func add(_ other: Tally) {
            same += other.same
            withoutSeries += other.withoutSeries
            refusedByBoth += other.refusedByBoth
            known.merge(other.known, uniquingKeysWith: +)
            unexplained += other.unexplained
        }
    }

    @Test(.enabled(if: installed("prometheus") != nil, "prometheus is not installed"), .timeLimit(.minutes(240)))
    func answersAsPrometheusDoes() async throws {
        let servers = try await ServerPair()
        var tally = Tally()
        let rounds = (Self.count + Self.perRound - 1) / Self.perRound
        for round in 0..<rounds {
            let queries = min(Self.perRound, Self.count - round * Self.perRound)
            tally.add(try await ask(queries, round: UInt64(round), servers))
        }
        try await servers.stop()
        let known = tally.known.sorted { $0.key < $1.key }.map { "\n  known: \($0.key): \($0.value)" }.joined()
        print(
            """
            differential, seed \(Self.seed): \(Self.count) queries, \(tally.same) the same (\(tally.withoutSeries) without a series), \
            \(tally.refusedByBoth) refused by both, \(tally.unexplained.count) unexplained\(known)
            """)
        for text in tally.unexplained { print("unexplained, seed \(Self.seed), \(text)") }
        for text in tally.unexplained.prefix(20) { Issue.record("seed \(Self.seed), \(text)") }
        #expect(tally.same > Self.count / 2, "most queries are to have an answer that can be compared")
    }

    private func ask(_ count: Int, round: UInt64, _ servers: ServerPair) async throws -> Tally {
        // An hour lies between the rounds, so that none sees the samples of another.
        let base = 1_700_000_000_000 + Int64(round) * 3_600_000
        let seed = Self.seed &* 1_000_003 &+ round
        try await servers.write(RandomSeries(seed: seed, base: base).all)
        var generator = QueryGenerator(seed: ~seed, base: base)
        let queries = (0..<count).map { _ in generator.next() }
        let lanes = 4
        return try await withThrowingTaskGroup(of: Tally.self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var tally = Tally()
                    for index in stride(from: lane, to: queries.count, by: lanes) {
                        try await ask(queries[index].query, queries[index].evaluation, round: round, servers, &tally)
                    }
                    return tally
                }
            }
            return try await group.reduce(into: Tally()) { $0.add($1) }
        }
    }

    private func ask(_ query: QueryNode, _ evaluation: Evaluation, round: UInt64, _ servers: ServerPair, _ tally: inout Tally) async throws
    {
        let answers = try await servers.ask(query.text, evaluation)
        let isOrdered = evaluation.isInstant && query.name.hasPrefix("sort")
        guard let difference = Difference.between(theirs: answers.theirs, ours: answers.ours, isOrdered: isOrdered) else {
            if answers.ours.isRefusal {
                tally.refusedByBoth += 1
            } else {
                tally.same += 1
                if answers.ours.series.isEmpty { tally.withoutSeries += 1 }
            }
            return
        }
        let smallest = try await SmallestDifference(query, evaluation, difference, servers)
        if let rule = try await KnownDifference.rule(for: smallest, servers) {
            tally.known[rule, default: 0] += 1
        } else {
            var text = """
                round \(round), \(query.text) \(evaluation)
                  smallest: \(smallest.query.text) \(smallest.evaluation): \(smallest.difference)
                """
            for part in [smallest.query] + smallest.query.children where smallest.evaluation.isInstant {
                let answers = try await servers.ask(part.text, smallest.evaluation)
                text += "\n  \(part.text)\n    Prometheus: \(answers.theirs)\n    Perch: \(answers.ours)"
            }
            tally.unexplained.append(text)
        }
    }
}
