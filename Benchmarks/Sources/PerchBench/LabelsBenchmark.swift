internal import LabelMatching
internal import TelemetryModel

/// What is done with label sets over and over. Each figure is the mean over 1000 sets of seven labels.
struct LabelsBenchmark {
    let stopwatch: Stopwatch

    func run() throws {
        let sets = Fleet.series(1000)
        // With bytes of their own: arrays that share them are equal at a glance.
        let copies = sets.map { LabelSet(canonical: $0.packed.map { $0 }) }
        let numbers = Dictionary(uniqueKeysWithValues: zip(sets, sets.indices))
        let pattern = try LabelMatcher("path", .matches, "/api/.*")
        let equality = LabelMatcher("code", equals: "500")
        var table = Table("one label set of seven labels", "ns")
        func add(_ name: String, _ work: (LabelSet, Int) -> Int) {
            let timing = stopwatch.time(items: sets.count) {
                var sum = 0
                for index in sets.indices { sum &+= work(sets[index], index) }
                keep(sum)
            }
            table.add(name, shown(timing.nanosecondsPerItem))
        }
        add("place of the first label's value") { set, _ in set.valueRange(of: LabelName.metricName)?.count ?? 0 }
        add("place of the last label's value") { set, _ in set.valueRange(of: "zone")?.count ?? 0 }
        add("place of a label that is not there") { set, _ in set.valueRange(of: "tenant")?.count ?? 0 }
        add("the last label's value as a string") { set, _ in set["zone"]?.utf8.count ?? 0 }
        add("stable hash") { set, _ in Int(truncatingIfNeeded: set.stableHash) }
        add("equal to a copy") { set, index in set == copies[index] ? 1 : 0 }
        add("look-up in a dictionary") { _, index in numbers[copies[index]] ?? 0 }
        add("matcher: equality") { set, _ in equality.matches(set) ? 1 : 0 }
        add("matcher: regular expression with a literal prefix") { set, _ in pattern.matches(set) ? 1 : 0 }
        add("without the metric name") { set, _ in set.removingMetricName().packed.count }
        add("two labels kept") { set, _ in set.keeping(["job", "code"]).packed.count }
        table.print()
    }
}
