internal import AlertRouting
internal import ConfigFile
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite("Damaged files")
struct RoutingFileFuzzTests {
    private static let file = """
        route:
          receiver: r
          group_by: [a, 'b c']
          routes:
          - matchers: ['x="1"', y=~"a|b", '{z!="q"}']
            match_re: {k: "v.*"}
            mute_time_intervals: [t]
            group_by: ['...']
            continue: true
        inhibit_rules:
        - {source_matchers: [s="1"], target_match: {t: "2"}, equal: [e]}
        time_intervals:
        - name: t
          time_intervals:
          - times: [{start_time: '09:00', end_time: '17:30'}]
            weekdays: ['monday:friday', sunday]
            days_of_month: ['1:5', '-3:-1']
            months: ['1:3', december]
            years: ['2026:2027']
            location: Test/Berlin
        """

    @Test func `no file whatever stops the program, and what is read can be used`() {
        var random = SeededGenerator(seed: UInt64.random(in: 0...1_000_000))
        let scalars = Array(Self.file.unicodeScalars)
        func read(_ scalars: some Sequence<Unicode.Scalar>) {
            let text = String(String.UnicodeScalarView(scalars))
            guard let configuration = try? RoutingConfiguration(yaml: text, receivers: ["r"]) else { return }
            #expect(!configuration.routes(for: ["x": "1", "y": "a"]).isEmpty, "seed \(random.seed): \(text)")
            #expect(!configuration.treeText.isEmpty)
        }
        for count in stride(from: 0, through: scalars.count, by: 3) { read(scalars.prefix(count)) }
        let alphabet = Array("{}[]:,'\"-.=~!0123 \nabt|(*".unicodeScalars)
        for _ in 0..<1000 {
            var damaged = scalars
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged.remove(at: place)
                case 1: damaged.insert(alphabet.randomElement(using: &random) ?? " ", at: place)
                default: damaged[place] = alphabet.randomElement(using: &random) ?? " "
                }
            }
            read(damaged)
        }
    }

    @Test func `routes that lie too deep are refused`() {
        let text = "route: {receiver: r" + String(repeating: ", routes: [{", count: 150) + String(repeating: "}]", count: 150) + "}"
        #expect(throws: ConfigError.self) { try RoutingConfiguration(yaml: text.replacing("[{, ", with: "[{"), receivers: ["r"]) }
    }
}
