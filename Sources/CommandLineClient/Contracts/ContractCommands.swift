internal import TelemetryContracts
public import TelemetryModel

/// `perch contract check`: holds what a service declares against what a server has of it.
public struct ContractCheckCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        /// The contract's file; `-` for standard input.
        public var file: String
        /// `--since`: how far back to look.
        public var since = "1h"
        /// `--selector`: which series are the service's; nil for those of the job of its name.
        public var selector: String?
        /// `--ignore`: beginnings of names of metrics that need not be declared.
        public var ignoredPrefixes: [String] = []
        /// `--ignore-label`: labels that need not be declared.
        public var ignoredLabels: [String] = []
        /// `--strict`: whether what libraries add has to be declared, and what is declared has to have occurred.
        public var isStrict = false
        public var format = OutputFormat.table

        public init(file: String) { self.file = file }
    }

    private let client: PerchClient
    private let options: Options
    private let now: Timestamp

    /// - Parameter now: in milliseconds.
    public init(client: PerchClient, options: Options, now: Timestamp) {
        self.client = client
        self.options = options
        self.now = now
    }

    /// - Returns: `failure` where something differs.
    public func run(output: CommandOutput) async -> CommandStatus {
        var isFaulty = false
        let status = await output.reporting { () async throws(ClientError) in
            guard options.format == .table || options.format == .json else { throw .usage("--output: findings are given as table or json") }
            let file = try ContractFile(options.file, selector: options.selector)
            let findings = try await findings(file)
            isFaulty = findings.contains { options.isStrict || !$0.kind.isNote }
            output.result(options.format == .json ? json(file.contract, findings) : text(findings))
            let counted =
                "\(file.contract.metrics.count) metrics, \(file.contract.spans.count) spans, \(file.contract.logs.count) log lines"
            if options.format == .table {
                output.remark(
                    "\(file.contract.service): \(counted) declared; \(isFaulty ? "what arrives differs" : "what arrives is as declared")")
            }
        }
        return status == .success && isFaulty ? .failure : status
    }

    private func findings(_ file: ContractFile) async throws(ClientError) -> [ContractFinding] {
        let contract = file.contract
        let end = UInt64(max(0, now)) * 1_000_000
        let past = UInt64(try TimeArgument.duration(options.since, option: "--since")) * 1_000_000
        let range = PerchClient.TimeSpan(start: end > past ? end - past : 0, end: end)
        let metricOptions = MetricCheck.Options(
            isStrict: options.isStrict, ignoredPrefixes: options.ignoredPrefixes, ignoredLabels: Set(options.ignoredLabels))
        var findings: [ContractFinding] = []
        if !contract.metrics.isEmpty {
            let arrived = try await client.arrivedMetrics(file.selector, in: range)
            findings += MetricCheck(contract, options: metricOptions).findings(arrived)
        }
        let spanCheck = SpanCheck(contract)
        for span in contract.spans {
            let (spans, others) = try await client.arrivedSpans(of: span, service: contract.service, in: range)
            findings += spanCheck.findings(span, spans, ofOtherKind: others)
        }
        if options.isStrict && !contract.spans.isEmpty {
            findings += spanCheck.undeclared(try await client.spanNames(of: contract.service, in: range))
        }
        for line in contract.logs {
            findings += LogCheck().findings(line, try await client.arrivedLines(line.message, service: contract.service, in: range))
        }
        return findings
    }

    private func text(_ findings: [ContractFinding]) -> String {
        findings.map { (!options.isStrict && $0.kind.isNote ? "note: " : "") + $0.line + "\n" }.joined()
    }

    private func json(_ contract: Contract, _ findings: [ContractFinding]) -> String {
        var json = JSONText()
        json.object { json in
            json.member("contract") { $0.string(contract.service) }
            json.member("findings") { json in
                json.array(findings) { json, finding in
                    json.object { json in
                        json.member("kind") { $0.string(finding.kind.rawValue) }
                        json.member("subject") { $0.string(finding.subject) }
                        if let label = finding.label { json.member("label") { $0.string(label) } }
                        json.member("message") { $0.string(finding.message) }
                        json.member("note") { $0.raw(!options.isStrict && finding.kind.isNote ? "true" : "false") }
                    }
                }
            }
        }
        return json.text + "\n"
    }
}

/// `perch contract dashboard`: a dashboard for Grafana to start from.
public struct ContractDashboardCommand: Sendable {
    private let file: String
    private let selector: String?

    /// - Parameters:
    ///   - file: the contract's file; `-` for standard input.
    ///   - selector: which series are the service's; nil for those of the job of its name.
    public init(file: String, selector: String?) {
        self.file = file
        self.selector = selector
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let file = try ContractFile(file, selector: selector)
            output.result(ContractDashboard(file.contract, selector: file.selector).json)
        }
    }
}

/// `perch contract rules`: alerting rules to start from, or their unit tests.
public struct ContractRulesCommand: Sendable {
    private let file: String
    private let selector: String?
    private let showsTests: Bool
    private let ruleFile: String?

    /// - Parameters:
    ///   - file: the contract's file; `-` for standard input.
    ///   - selector: which series are the service's; nil for those of the job of its name.
    ///   - showsTests: whether the unit tests are wanted, not the rules.
    ///   - ruleFile: the name of the file in which the tests find the rules; nil for `SERVICE.rules.yml`.
    public init(file: String, selector: String?, showsTests: Bool, ruleFile: String?) {
        self.file = file
        self.selector = selector
        self.showsTests = showsTests
        self.ruleFile = ruleFile
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let file = try ContractFile(file, selector: selector)
            let rules = ContractRules(file.contract, selector: file.selector, equalities: file.equalities)
            output.result(showsTests ? rules.tests(ruleFile: ruleFile ?? file.contract.service + ".rules.yml") : rules.yaml)
        }
    }
}
