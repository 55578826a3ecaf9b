internal import ExpositionFormat
internal import TestSupport
internal import Testing

/// Damaged pages give entries or an error; nothing traps, and nothing loops.
@Suite("Damaged pages")
struct ExpositionFuzzTests {
    static let seeds = [
        "# HELP a b\\n\n# TYPE a counter\na{b=\"c\",d=\"\\\"e\\\\\"} 1.5e3 12345\n{\"x.y\",z=\"\"} NaN\n",
        "# TYPE h histogram\n# UNIT h_s s\nh_bucket{le=\"1\"} 1 1.5 # {t=\"x\"} 0.5 2\nh_created 1\n# TYPE \"q.r\" summary\n{\"q.r_created\"} 2\n# EOF\n",
    ]

    @Test(arguments: seeds, [ExpositionTextFormat.prometheus, .openMetrics])
    func `any change is survived`(page: String, format: ExpositionTextFormat) {
        var generator = SeededGenerator(seed: 7)
        checkTruncationNeverTraps(Array(page.utf8), mustThrow: false) { _ = try ReadPage(bytes: $0, format) }
        checkDamageNeverTraps(Array(page.utf8), rounds: 5000, using: &generator) { _ = try ReadPage(bytes: $0, format) }
    }

    @Test(arguments: [ExpositionTextFormat.prometheus, .openMetrics])
    func `pages made of the formats' own pieces are survived`(format: ExpositionTextFormat) {
        let pieces = [
            "# ", "TYPE ", "HELP ", "UNIT ", "EOF", "a", "_created", "{", "}", "\"", "\\", "=", ",", " ", "\n", "1", ".5", "NaN", "é",
            "counter", "#",
        ]
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...24, using: &generator)
            let page = (0..<length).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
            if let error = expositionError(page, format) {
                #expect(error.offset >= 0 && error.offset <= page.utf8.count, "\(page), seed \(generator.seed)")
            }
        }
    }
}
