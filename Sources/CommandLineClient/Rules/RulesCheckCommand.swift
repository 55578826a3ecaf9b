internal import ConfigFile
internal import PromQL
internal import RuleTesting
internal import Rules
internal import TelemetryModel

/// `perch rules check`: says whether rule files can be loaded, as `promtool check rules` does.
public struct RulesCheckCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        /// Paths and patterns; none, or `-`, for standard input.
        public var files: [String]
        /// `--lint`: names of what is looked for beside faults, parted by commas.
        public var lint: String
        /// `--lint-fatal`: whether what it finds makes the command fail.
        public var isLintFatal: Bool
        /// `--ignore-unknown-fields`
        public var ignoresUnknownKeys: Bool
        /// `--enable-feature`: names of features, parted by commas.
        public var features: [String]

        public init(
            files: [String], lint: String = "duplicate-rules", isLintFatal: Bool = false, ignoresUnknownKeys: Bool = false,
            features: [String] = []
        ) {
            self.files = files
            self.lint = lint
            self.isLintFatal = isLintFatal
            self.ignoresUnknownKeys = ignoresUnknownKeys
            self.features = features
        }
    }

    private let options: Options

    public init(options: Options) { self.options = options }

    /// Checks all files.
    ///
    /// - Returns: as promtool exits: `failure` where a file cannot be loaded, `lint` where all can, but something else was found and is fatal.
    public func run(output: CommandOutput) async -> CommandStatus {
        var isFaulty = false
        var hasDuplicates = false
        let status = await output.reporting { () async throws(ClientError) in
            let ruleOptions = try RuleOptions.read(options.features, ignoresUnknownKeys: options.ignoresUnknownKeys)
            let findsDuplicates = lint(output)
            let names = options.files.isEmpty ? [RuleFileInput.standardInput] : try RuleFileInput.paths(options.files)
            for name in names {
                output.result(name == RuleFileInput.standardInput ? "Checking standard input\n" : "Checking \(name)\n")
                let check = check(name, ruleOptions, findsDuplicates)
                report(check, output)
                if !check.faults.isEmpty { isFaulty = true }
                if !check.duplicates.isEmpty { hasDuplicates = true }
            }
        }
        if status != .success { return status }
        if isFaulty { return .failure }
        return hasDuplicates && options.isLintFatal ? .lint : .success
    }

    /// Whether rules that are there twice are looked for.
    private func lint(_ output: CommandOutput) -> Bool {
        var findsDuplicates = false
        for name in options.lint.split(separator: ",") {
            switch name {
            case "all", "duplicate-rules": findsDuplicates = true
            case "none": break
            default: output.remark("warning: unknown lint option: \(quoted(String(name)))")
            }
        }
        return findsDuplicates
    }

    private func check(_ name: String, _ ruleOptions: RuleFileOptions, _ findsDuplicates: Bool) -> RuleFileCheck {
        do throws(ConfigError) {
            let shown = name == RuleFileInput.standardInput ? "standard input" : name
            return RuleFileCheck(try RuleFileInput.text(of: name), file: shown, options: ruleOptions, findsDuplicates: findsDuplicates)
        } catch {
            return RuleFileCheck(file: name, faults: error.all)
        }
    }

    private func report(_ check: RuleFileCheck, _ output: CommandOutput) {
        if check.faults.isEmpty && check.duplicates.isEmpty {
            output.result("  SUCCESS: \(check.ruleCount) rules found\n\n")
            return
        }
        output.remark("  FAILED:")
        for fault in check.faults { output.remark(fault.description) }
        if !check.duplicates.isEmpty {
            output.remark("\(counted(check.duplicates.count, "duplicate rule")) found, which may overwrite each other's series:")
        }
        for duplicate in check.duplicates {
            let labels = duplicate.labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ")
            let name = duplicate.name + (labels.isEmpty ? "" : "{" + labels + "}")
            for (index, place) in duplicate.places.enumerated() {
                let remark = index == 0 ? name : "\(name) again"
                output.remark("\(check.file):\(place.line):\(place.column): \(remark)")
            }
        }
        output.result("\n")
    }
}

/// Options of rule files that several commands have.
enum RuleOptions {
    /// - Throws: ``ClientError`` where a feature is unknown.
    static func read(_ features: [String], ignoresUnknownKeys: Bool = false) throws(ClientError) -> RuleFileOptions {
        var options = RuleFileOptions()
        options.ignoresUnknownKeys = ignoresUnknownKeys
        for name in features.flatMap({ $0.split(separator: ",") }) {
            guard let feature = LanguageFeatures(name: String(name)) else {
                throw .usage("--enable-feature: there is no feature “\(name)”")
            }
            options.features.formUnion(feature)
        }
        return options
    }
}
