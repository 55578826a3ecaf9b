internal import ConfigFile
internal import PromQL
internal import Rules
internal import TelemetryModel

extension CollectorConfiguration {
    /// Reads all rule files.
    ///
    /// - Throws: `ConfigError` with the faults of all files.
    func readRuleGroups(features: LanguageFeatures) throws(ConfigError) -> [RuleGroup] {
        var fault: ConfigError?
        var groups: [RuleGroup] = []
        for (patterns, language) in [(ruleFiles, RuleLanguage.promQL), (logRuleFiles, .logQL)] {
            var options = RuleFileOptions()
            options.features = features
            options.language = language
            for path in Set(patterns.flatMap { $0.matchingPaths() }).sorted() {
                do throws(ConfigError) {
                    groups += try RuleFile.parse(try Self.readText(path), file: path, options: options).groups
                } catch {
                    fault = fault?.followed(by: [error]) ?? error
                }
            }
        }
        if let fault { throw fault }
        return groups
    }
}
