internal import PerchMetrics
internal import Testing

@Suite struct InstrumentTests {
    @Test func countersAddWholeAndFractionalAmountsFromManyTasks() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        counter.add(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 12_000)
        counter.add(-1)
        counter.add(.nan)
        #expect(counter.value == 12_000)
    }

    @Test func histogramsCountFromManyTasks() async {
        let histogram = Histogram(bounds: [1, 2, 3])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { for _ in 0..<1000 { histogram.record(Double(task) + 0.5) } }
            }
        }
        #expect(histogram.count == 4000)
        #expect((0...3).map { histogram.count(inBucket: $0) } == [1000, 1000, 1000, 1000])
        #expect(histogram.sum == 8000)
    }

    @Test func exponentialBoundsGrowByTheFactor() {
        #expect(Histogram.exponentialBounds(start: 1, factor: 4, count: 4) == [1, 4, 16, 64])
    }

    @Test func gaugesMoveBothWays() {
        let gauge = Gauge()
        gauge.increment()
        gauge.add(2.5)
        gauge.decrement()
        #expect(gauge.value == 2.5)
    }
}
