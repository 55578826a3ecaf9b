internal import ConfigFile
internal import Relabeling

extension ConfigurationReader {
    /// Reads `alerting`.
    func readAlerting(_ node: ConfigNode) throws(ConfigError) -> AlertingSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = AlertingSettings()
            settings.relabelRules = try mapping.optional("alert_relabel_configs", reading: relabelRules(in:)) ?? RelabelRules()
            settings.alertmanagers =
                try mapping.optional("alertmanagers") { (node) throws(ConfigError) in
                    try node.list { (element) throws(ConfigError) in
                        try element.mapping { (mapping) throws(ConfigError) in try readAlertmanager(&mapping) }
                    }
                } ?? []
            return settings
        }
    }

    private func readAlertmanager(_ mapping: inout ConfigMapping) throws(ConfigError) -> AlertmanagerSettings {
        var settings = AlertmanagerSettings()
        settings.client = try readHTTPClient(&mapping, authenticators: ["sigv4"])
        settings.scheme =
            try mapping.optional("scheme") { (node) throws(ConfigError) in try node.word(of: ["http": "http", "https": "https"]) }
            ?? settings.scheme
        settings.pathPrefix =
            try mapping.optional("path_prefix") { (node) throws(ConfigError) in Self.trimmedPath(try node.string()) } ?? ""
        settings.timeoutMilliseconds = try milliseconds("timeout", &mapping) ?? settings.timeoutMilliseconds
        _ = try mapping.optional("api_version") { (node) throws(ConfigError) in try node.word(of: ["v2": 2]) }
        settings.targetRules = try mapping.optional("relabel_configs", reading: relabelRules(in:)) ?? RelabelRules()
        settings.alertRules = try mapping.optional("alert_relabel_configs", reading: relabelRules(in:)) ?? RelabelRules()
        settings.mechanisms = try readMechanisms(&mapping, refusingURLs: settings.targetRules.isEmpty)
        // The others are told of alerts; of these it is said that they are not.
        for key in Self.unsupportedMechanisms.map({ $0 + "_sd_configs" }) where mapping.node(key) != nil {
            warnInactive(key, mapping)
        }
        return settings
    }

    /// A path with a slash in front and none at its end; nothing for `/`.
    private static func trimmedPath(_ text: String) -> String {
        text.split(separator: "/").reduce("") { $0 + "/" + $1 }
    }
}
