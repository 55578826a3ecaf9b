internal import AlertModel
internal import ConfigFile

/// One entry of a receiver: where notifications go, and how.
struct Integration: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case email(EmailSettings)
        case webhook(WebhookSettings)
        case slack(SlackSettings)
        case pagerDuty(PagerDutySettings)
        case opsgenie(OpsgenieSettings)
        case msTeams(MSTeamsSettings)
        case discord(DiscordSettings)
        case telegram(TelegramSettings)
        case pushover(PushoverSettings)
        case victorOps(VictorOpsSettings)
        case webex(WebexSettings)
        case mattermost(MattermostSettings)
        case jira(JiraSettings)
    }

    var id: IntegrationID
    var sendsResolved: Bool
    var kind: Kind
}

extension Integration {
    private typealias Reader = @Sendable (inout ConfigMapping, ReceiverContext) throws(ConfigError) -> Kind

    /// Names without `_configs`, whether news of ended alerts is sent where nothing is said of it, and how an entry is read.
    private static let kinds: [(name: String, sendsResolved: Bool, read: Reader)] = [
        ("discord", true, { (mapping, context) throws(ConfigError) in .discord(try DiscordSettings(&mapping, context)) }),
        ("email", false, { (mapping, context) throws(ConfigError) in .email(try EmailSettings(&mapping, context)) }),
        ("pagerduty", true, { (mapping, context) throws(ConfigError) in .pagerDuty(try PagerDutySettings(&mapping, context)) }),
        ("slack", false, { (mapping, context) throws(ConfigError) in .slack(try SlackSettings(&mapping, context)) }),
        ("webhook", true, { (mapping, context) throws(ConfigError) in .webhook(try WebhookSettings(&mapping, context)) }),
        ("opsgenie", true, { (mapping, context) throws(ConfigError) in .opsgenie(try OpsgenieSettings(&mapping, context)) }),
        ("pushover", true, { (mapping, context) throws(ConfigError) in .pushover(try PushoverSettings(&mapping, context)) }),
        ("victorops", true, { (mapping, context) throws(ConfigError) in .victorOps(try VictorOpsSettings(&mapping, context)) }),
        ("telegram", true, { (mapping, context) throws(ConfigError) in .telegram(try TelegramSettings(&mapping, context)) }),
        ("webex", true, { (mapping, context) throws(ConfigError) in .webex(try WebexSettings(&mapping, context)) }),
        ("msteams", true, { (mapping, context) throws(ConfigError) in .msTeams(try MSTeamsSettings(&mapping, context, .connector)) }),
        ("msteamsv2", true, { (mapping, context) throws(ConfigError) in .msTeams(try MSTeamsSettings(&mapping, context, .workflow)) }),
        ("jira", true, { (mapping, context) throws(ConfigError) in .jira(try JiraSettings(&mapping, context)) }),
        ("mattermost", true, { (mapping, context) throws(ConfigError) in .mattermost(try MattermostSettings(&mapping, context)) }),
    ]

    /// Kinds that Alertmanager knows and Perch does not.
    private static let refused = ["incidentio", "rocketchat", "sns", "wechat"]

    /// Reads the lists of a receiver's entries.
    static func read(_ mapping: inout ConfigMapping, receiver: String, _ context: ReceiverContext) throws(ConfigError) -> [Integration] {
        var integrations: [Integration] = []
        var faults: [ConfigError] = []
        for kind in refused {
            let key = kind + "_configs"
            guard let node = mapping.node(key), try !node.list({ (element) throws(ConfigError) in element }).isEmpty else { continue }
            let known = kinds.map { $0.name + "_configs" }.sorted().joined(separator: ", ")
            faults.append(mapping.error(atKey: key, "\(key) is not supported; supported are \(known)"))
        }
        for kind in kinds {
            guard let node = mapping.node(kind.name + "_configs") else { continue }
            do throws(ConfigError) {
                let read = try node.list { (entry) throws(ConfigError) in
                    if entry.kind == .nothing { throw entry.error("missing \(kind.name) config") }
                    return try entry.mapping { (mapping) throws(ConfigError) in
                        (try mapping.flag("send_resolved", default: kind.sendsResolved), try kind.read(&mapping, context))
                    }
                }
                for (index, entry) in read.enumerated() {
                    let id = IntegrationID(receiver: receiver, kind: kind.name, index: index)
                    integrations.append(Integration(id: id, sendsResolved: entry.0, kind: entry.1))
                }
            } catch {
                faults.append(error)
            }
        }
        if let fault = ConfigError.joining(faults) { throw fault }
        return integrations
    }
}
