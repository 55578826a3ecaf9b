internal import CivilCalendar
internal import ConfigFile
internal import Foundation
internal import LinearRegex
internal import RuleTesting
internal import Rules
public import TelemetryModel

/// `perch rules test`: runs unit tests of rules, as `promtool test rules` does.
public struct RulesTestCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        /// Paths and patterns of test files.
        public var files: [String]
        /// `--run`: only tests whose name one of these matches.
        public var run: [String]
        /// `--diff`: whether what is as expected is shown beside what is not.
        public var isWhole: Bool
        /// `--junit`: where a report for continuous integration goes.
        public var junit: String?
        /// `--ignore-unknown-fields`: of rule files.
        public var ignoresUnknownKeys: Bool
        /// `--enable-feature`
        public var features: [String]

        public init(
            files: [String], run: [String] = [], isWhole: Bool = false, junit: String? = nil, ignoresUnknownKeys: Bool = false,
            features: [String] = []
        ) {
            self.files = files
            self.run = run
            self.isWhole = isWhole
            self.junit = junit
            self.ignoresUnknownKeys = ignoresUnknownKeys
            self.features = features
        }
    }

    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp

    public init(options: Options, terminal: Terminal, now: Timestamp) {
        self.options = options
        self.terminal = terminal
        self.now = now
    }

    /// Runs all tests.
    ///
    /// - Returns: `failure` where one failed, or a file could not be read.
    public func run(output: CommandOutput) async -> CommandStatus {
        var hasFailed = false
        let status = await output.reporting { () async throws(ClientError) in
            let ruleOptions = try RuleOptions.read(options.features, ignoresUnknownKeys: options.ignoresUnknownKeys)
            let filter = try self.filter()
            var report = JUnitReport()
            let time = RFC3339.text(CivilTime(milliseconds: now))
            for path in try RuleFileInput.paths(options.files) {
                output.result("Unit Testing:  \(path)\n")
                let result = test(path, ruleOptions, filter, output)
                report.add(result, at: time)
                output.result(UnitTestRenderer(terminal: terminal, isWhole: options.isWhole).render(result) + "\n")
                if result.hasFailed { hasFailed = true }
            }
            if let junit = options.junit { try write(report.text, to: junit) }
        }
        if status != .success { return status }
        return hasFailed ? .failure : .success
    }

    private func filter() throws(ClientError) -> LinearPattern? {
        if options.run.isEmpty { return nil }
        do throws(LinearPatternError) {
            return try LinearPattern(options.run.joined(separator: "|"), anchored: false)
        } catch {
            throw .usage("--run: \(error)")
        }
    }

    private func test(
        _ path: String, _ ruleOptions: RuleFileOptions, _ filter: LinearPattern?, _ output: CommandOutput
    ) -> UnitTestFileResult {
        var result = UnitTestFileResult(path: path)
        do throws(ConfigError) {
            let file = try UnitTestFile.parse(try RuleFileInput.text(of: path), file: path)
            let chosen = file.groups.indices.filter { filter?.matches(file.groups[$0].name) ?? true }
            var paths: [String] = []
            for written in file.rulePatterns {
                let pattern = RuleFileInput.path(written, besides: path)
                let found = PathPattern(pattern).matchingPaths()
                if found.isEmpty { output.remark("  WARNING: no file match pattern \(pattern)") }
                paths += found
            }
            let (ruleFiles, faults) = RuleFileInput.ruleFiles(paths, ruleOptions)
            let run = UnitTestRun(file, ruleFiles: ruleFiles, ruleFaults: faults, features: ruleOptions.features)
            for index in chosen {
                let outcome = run.outcome(of: index)
                for remark in outcome.remarks { output.remark("  WARNING: \(remark)") }
                result.outcomes.append(outcome)
            }
        } catch {
            result.faults = error.all
        }
        return result
    }

    private func write(_ text: String, to path: String) throws(ClientError) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw ClientError("--junit: cannot write \(path): \(error.localizedDescription)")
        }
    }
}

/// What became of one file of unit tests.
struct UnitTestFileResult {
    var path: String
    /// Why the file could not be read.
    var faults: [ConfigError] = []
    var outcomes: [UnitTestOutcome] = []

    init(path: String) { self.path = path }

    var hasFailed: Bool { !faults.isEmpty || outcomes.contains { !$0.failures.isEmpty } }
}
