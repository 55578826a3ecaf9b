/// Finds out what patterns lines have, line by line, and counts the lines of each by level and step of time.
///
/// Memory is bounded whatever the lines are: ``PatternLimits/patternsMax`` patterns of each of a few levels.
public struct PatternMiner: Sendable {
    /// Beyond so many levels, lines of further ones count as if they had none.
    private static let levelsMax = 16

    private let limits: PatternLimits
    private let stepNanoseconds: Int64
    private var levels: [(name: [UInt8], tree: PatternTree)] = []
    private var tokens = LineTokens()

    /// - Parameter stepNanoseconds: the length of a step; at least a second.
    public init(stepNanoseconds: Int64, limits: PatternLimits = PatternLimits()) {
        self.limits = limits
        self.stepNanoseconds = max(stepNanoseconds, 1_000_000_000)
    }

    /// Takes a line.
    ///
    /// - Parameters:
    ///   - time: nanoseconds since 1970.
    ///   - level: such as `error`; empty where the line has none.
    public mutating func add(_ line: ArraySlice<UInt8>, time: Int64, level: some Collection<UInt8>) {
        guard tokens.cut(line, limits) else { return }
        let remainder = time % stepNanoseconds
        let step = remainder < 0 ? (time - remainder).subtractingReportingOverflow(stepNanoseconds).partialValue : time - remainder
        levels[place(of: level)].tree.add(tokens, step: step)
    }

    private mutating func place(of level: some Collection<UInt8>) -> Int {
        if let found = levels.firstIndex(where: { $0.name.elementsEqual(level) }) { return found }
        if levels.count >= PatternMiner.levelsMax, !level.isEmpty { return place(of: EmptyCollection<UInt8>()) }
        levels.append((Array(level), PatternTree(limits)))
        return levels.count - 1
    }

    /// The patterns found, those with the most lines first. Patterns that have come to read the same are one.
    public var patterns: [MinedPattern] {
        PatternMiner.merged(
            levels.flatMap { level in
                level.tree.clusters.compactMap { cluster in
                    cluster.map { MinedPattern(pattern: $0.text, level: String(decoding: level.name, as: UTF8.self), samples: $0.samples) }
                }
            })
    }

    /// Patterns that several miners found, as one list: equal ones are joined, those with the most lines come first.
    public static func merged(_ patterns: [MinedPattern]) -> [MinedPattern] {
        var places: [[String]: Int] = [:]
        var counts: [(pattern: MinedPattern, steps: [Int64: Int])] = []
        for pattern in patterns {
            let key = [pattern.level, pattern.pattern]
            let place = places[key] ?? counts.count
            if place == counts.count {
                places[key] = place
                counts.append((pattern, [:]))
            }
            for sample in pattern.samples { counts[place].steps[sample.time, default: 0] += sample.count }
        }
        let result = counts.map { entry in
            var pattern = entry.pattern
            pattern.samples = entry.steps.sorted { $0.key < $1.key }.map { MinedPattern.Sample(time: $0.key, count: $0.value) }
            return (pattern: pattern, count: pattern.count)
        }
        return result.sorted { left, right in
            left.count == right.count
                ? (left.pattern.pattern, left.pattern.level) < (right.pattern.pattern, right.pattern.level) : left.count > right.count
        }.map(\.pattern)
    }
}
