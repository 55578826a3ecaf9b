internal import ByteCoding
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Ingestion
@testable internal import MetricStorage

@Suite("References by the bytes of labels")
struct KnownSeriesTests {
    private func key(_ known: KnownSeries, _ number: Int) -> Hash128 {
        Array("series \(number)".utf8).withUnsafeBytes { known.key(of: $0) }
    }

    private func reference(_ number: Int) -> SeriesReference { SeriesReference(rawValue: UInt64(number)) }

    @Test func `a table gives back what was set last`() {
        var generator = SeededGenerator(seed: 31)
        let known = KnownSeries()
        var table = ReferenceTable()
        var expected: [Int: SeriesReference] = [:]
        for _ in 0..<20_000 {
            let number = Int.random(in: 0..<5000, using: &generator)
            let value = reference(Int.random(in: 0..<1_000_000, using: &generator))
            table.set(key(known, number), value)
            expected[number] = value
        }
        #expect(table.count == expected.count)
        for number in 0..<6000 { #expect(table.find(key(known, number)) == expected[number] ?? .unknown) }
    }

    @Test func `what is used stays, what is not is forgotten after two turns`() {
        let known = KnownSeries()
        let minute: Timestamp = 60_000
        var found: [SeriesReference] = []
        known.set([(key(known, 1), reference(1)), (key(known, 2), reference(2)), (key(known, 3), .unknown)], now: 0)
        #expect(!known.find([key(known, 1), key(known, 3)], into: &found))
        #expect(found == [reference(1), .unknown])
        known.set([(key(known, 4), reference(4))], now: 31 * minute)
        #expect(known.find([key(known, 1), key(known, 4)], into: &found))
        #expect(found == [reference(1), reference(4)])
        known.set([(key(known, 5), reference(5))], now: 62 * minute)
        #expect(!known.find([key(known, 1), key(known, 2), key(known, 4)], into: &found))
        #expect(found == [reference(1), .unknown, reference(4)])
    }
}
