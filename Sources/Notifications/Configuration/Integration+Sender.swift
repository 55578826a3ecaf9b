extension Integration {
    /// What sends through it.
    func makeSender(_ client: ReceiverClient) -> any IntegrationSender {
        switch kind {
        case .email(let settings): EmailSender(settings: settings)
        case .webhook(let settings): HTTPSender(receiver: WebhookReceiver(settings: settings), client: client)
        case .slack(let settings): HTTPSender(receiver: SlackReceiver(settings: settings), client: client)
        case .pagerDuty(let settings): HTTPSender(receiver: PagerDutyReceiver(settings: settings), client: client)
        case .opsgenie(let settings): HTTPSender(receiver: OpsgenieReceiver(settings: settings), client: client)
        case .msTeams(let settings): HTTPSender(receiver: MSTeamsReceiver(settings: settings), client: client)
        case .discord(let settings): HTTPSender(receiver: DiscordReceiver(settings: settings), client: client)
        case .telegram(let settings): HTTPSender(receiver: TelegramReceiver(settings: settings), client: client)
        case .pushover(let settings): HTTPSender(receiver: PushoverReceiver(settings: settings), client: client)
        case .victorOps(let settings): HTTPSender(receiver: VictorOpsReceiver(settings: settings), client: client)
        case .webex(let settings): HTTPSender(receiver: WebexReceiver(settings: settings), client: client)
        case .mattermost(let settings): HTTPSender(receiver: MattermostReceiver(settings: settings), client: client)
        case .jira(let settings): JiraSender(settings: settings, client: client)
        }
    }

    /// How long one attempt may take by its own settings, in milliseconds; 0 where they say nothing.
    var timeout: Int64 {
        switch kind {
        case .webhook(let settings): settings.timeout
        case .slack(let settings): settings.timeout
        case .pagerDuty(let settings): settings.timeout
        default: 0
        }
    }
}
