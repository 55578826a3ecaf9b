/// What many lines have in common, with `<_>` for what differs, and how many of them there were.
public struct MinedPattern: Sendable, Hashable {
    /// How many lines there were in a step of time.
    public struct Sample: Sendable, Hashable {
        /// The start of the step, nanoseconds since 1970.
        public var time: Int64
        public var count: Int

        public init(time: Int64, count: Int) {
            self.time = time
            self.count = count
        }
    }

    /// As the line filter `|>` takes it.
    public var pattern: String
    /// The level of the lines; empty where they have none.
    public var level: String
    /// In the order of time; steps without lines are left out.
    public var samples: [Sample]

    public init(pattern: String, level: String, samples: [Sample]) {
        self.pattern = pattern
        self.level = level
        self.samples = samples
    }

    /// How many lines there were.
    public var count: Int { samples.reduce(0) { $0 + $1.count } }
}

/// How finely lines are told apart, and how much memory that may take.
public struct PatternLimits: Sendable, Hashable {
    /// Lines with more bytes are not looked at.
    public var lineBytesMax = 3000
    /// Lines with fewer tokens are not looked at.
    public var tokensMin = 4
    /// Lines with more tokens are not looked at.
    public var tokensMax = 80
    /// The share of tokens that a line has to have in common with a pattern.
    public var similarityMin = 0.3
    /// By how many tokens at the start lines are told apart; tokens with digits do not count as such.
    public var prefixTokens = 28
    /// How many different tokens may follow a prefix before the rest of them counts as one.
    public var branchesMax = 15
    /// Patterns of each level that are kept; those that no line fitted for the longest time go first.
    public var patternsMax = 300

    public init() {}
}
