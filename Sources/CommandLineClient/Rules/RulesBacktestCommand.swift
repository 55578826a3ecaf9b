internal import AlertModel
internal import ConfigFile
internal import Foundation
internal import GoTemplate
internal import Notifications
internal import RuleTesting
internal import Rules
public import TelemetryModel

/// `perch rules backtest`: replays alerting rules over what a server has stored.
public struct RulesBacktestCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var files: [String]
        /// `--since`: how far back to begin, a duration, or the time at which to.
        public var since: String
        /// `--until`
        public var until: String?
        /// `--alert`: only these; none for all.
        public var alerts: [String] = []
        /// `--alertmanager-config`: nil to ask the server for its own.
        public var alertmanagerFile: String?
        /// `--for`
        public var hold: String?
        /// `--keep-firing-for`
        public var keepFiring: String?
        /// `--interval`
        public var interval: String?
        /// `--with-silences`
        public var heedsSilences = false
        /// `--recompute`
        public var recomputes = false
        /// `--all`: whether no list is cut.
        public var isWhole = false
        public var format = BacktestOutputFormat.text
        public var features: [String] = []

        public init(files: [String], since: String) {
            self.files = files
            self.since = since
        }
    }

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal
    private let now: Timestamp

    public init(client: PerchClient, options: Options, terminal: Terminal, now: Timestamp) {
        self.client = client
        self.options = options
        self.terminal = terminal
        self.now = now
    }

    /// Runs the replay.
    ///
    /// - Returns: `usage` where a file or an option is wrong, `failure` where the server did not answer.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            let groups = try self.groups(output)
            let variation = try self.variation()
            let settings = try await self.settings(output)
            let backtest = Backtest(groups, settings: settings)
            guard !backtest.alertingRules.isEmpty else { throw .usage("there is no alerting rule to replay") }
            let variations = variation.isNone ? [Backtest.Variation()] : [Backtest.Variation(), variation]
            var data = BacktestData(
                client, groups: try allGroups(output), features: settings.features, recomputes: options.recomputes,
                interval: { backtest.interval(of: $0) })
            var histories: [Backtest.RuleKey: ExpressionHistory] = [:]
            for key in backtest.alertingRules {
                let group = groups[key.group]
                histories[key] = try await data.history(
                    of: group.rules[key.rule], at: backtest.evaluationTimes(of: group, for: variations), step: backtest.interval(of: group))
            }
            for remark in data.remarks { output.remark("remark: " + remark) }
            let results = variations.map { (variation: $0, result: backtest.run($0, histories)) }
            let report = BacktestReport(results: results, hasRouting: settings.routing != nil)
            switch options.format {
            case .json: output.result(BacktestJSON.render(report))
            case .text: output.result(BacktestRenderer(terminal: terminal, isWhole: options.isWhole).render(report))
            }
        }
    }

    // MARK: Input

    private func allGroups(_ output: CommandOutput) throws(ClientError) -> [RuleGroup] {
        try RuleFileInput.groups(options.files, try RuleOptions.read(options.features), output)
    }

    /// The groups with the rules that were chosen.
    private func groups(_ output: CommandOutput) throws(ClientError) -> [RuleGroup] {
        var groups = try allGroups(output)
        let chosen = Set(options.alerts)
        if chosen.isEmpty { return groups }
        let known = Set(groups.flatMap(\.rules).filter(\.isAlerting).map(\.name))
        if let unknown = options.alerts.first(where: { !known.contains($0) }) { throw .usage("--alert: there is no alert \(unknown)") }
        for index in groups.indices { groups[index].rules.removeAll { $0.isAlerting && !chosen.contains($0.name) } }
        return groups
    }

    private func variation() throws(ClientError) -> Backtest.Variation {
        func duration(_ text: String?, _ option: String) throws(ClientError) -> Int64? {
            guard let text else { return nil }
            return ["0", "0s"].contains(text) ? 0 : try TimeArgument.duration(text, option: option)
        }
        return Backtest.Variation(
            hold: try duration(options.hold, "--for"), keepFiring: try duration(options.keepFiring, "--keep-firing-for"))
    }

    private func settings(_ output: CommandOutput) async throws(ClientError) -> Backtest.Settings {
        let end = try options.until.map { (text) throws(ClientError) in try TimeArgument.time(text, now: now, option: "--until") } ?? now
        let start = try TimeArgument.start(options.since, end: end, now: now)
        guard start < end else { throw .usage("--since: the range would end before it starts") }
        var settings = Backtest.Settings(range: TimeRange(start: start, end: end))
        let server = await ServerSettings.of(client)
        settings.defaultInterval = server.evaluationInterval
        settings.surroundings = TemplateSurroundings(externalLabels: server.externalLabels)
        settings.features = try RuleOptions.read(options.features).features
        if let text = options.interval { settings.interval = try TimeArgument.duration(text, option: "--interval") }
        settings.routing = try await routing(output)
        if options.heedsSilences { (settings.silences, settings.silenceZones) = try await client.storedSilences() }
        return settings
    }

    /// Whom to notify; nil, after saying why, where that is not known.
    private func routing(_ output: CommandOutput) async throws(ClientError) -> BacktestRouting? {
        if let file = options.alertmanagerFile {
            do throws(ConfigError) {
                return try BacktestRouting.read(try RuleFileInput.text(of: file), file: file, zone: SystemTimeZones.zone)
            } catch {
                throw .usage(error.description)
            }
        }
        let advice = "--alertmanager-config FILE says whom to notify"
        do throws(ClientError) {
            let text = try await client.alertmanagerConfiguration()
            do throws(ConfigError) {
                let routing = try BacktestRouting.read(text, file: "the server's Alertmanager configuration", zone: SystemTimeZones.zone)
                if routing.integrations.values.contains(where: { !$0.isEmpty }) { return routing }
                output.remark("remark: the server's Alertmanager configuration reaches nobody; \(advice)")
            } catch {
                output.remark("remark: \(error.description); \(advice)")
            }
        } catch {
            output.remark("remark: the server has no Alertmanager configuration (\(error.message)); \(advice)")
        }
        return nil
    }
}

/// How a replay is written.
public enum BacktestOutputFormat: String, Sendable, CaseIterable {
    case text, json
}

/// What came of the replay of rules, as they are and maybe in another form.
struct BacktestReport {
    var results: [(variation: Backtest.Variation, result: BacktestResult)]
    /// Whether anybody could be notified.
    var hasRouting: Bool
}
