/// The templates that notifications are written with where the configuration names none.
///
/// Their names are Alertmanager's, since configurations refer to them; their texts are Perch's own. A file of the configuration replaces one by
/// defining its name.
enum DefaultTemplates {
    /// Everything but mails.
    static let texts = shared + chats + services + jira

    private static let shared = #"""
        {{ define "__alertmanager" }}Perch{{ end }}
        {{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}{{ end }}
        {{ define "__subject" -}}
        [{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]
        {{- with .GroupLabels.SortedPairs.Values }} {{ . | join " " }}{{ end }}
        {{- with .CommonLabels.Remove .GroupLabels.Names }} ({{ .Values | join " " }}){{ end }}
        {{- end }}
        {{ define "__description" }}{{ end }}
        {{ define "__text_alert" -}}
        {{ with .Labels.alertname }}{{ . }}{{ else }}Alert{{ end }}
        {{- with .Annotations.summary }}: {{ . }}{{ end }}
        {{ range (.Annotations.Remove (stringSlice "summary")).SortedPairs }}  {{ .Name }}: {{ .Value }}
        {{ end }}{{ range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}  {{ .Name }} = {{ .Value }}
        {{ end }}  since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
        {{- if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
        {{ with .GeneratorURL }}  {{ . }}
        {{ end }}{{ end }}
        {{ define "__text_alert_list" }}{{ range . }}{{ template "__text_alert" . }}{{ end }}{{ end }}
        {{ define "__text_alert_list_markdown" }}{{ range . }}
        **{{ with .Labels.alertname }}{{ . }}{{ else }}Alert{{ end }}**{{ with .Annotations.summary }}: {{ . }}{{ end }}
        {{ range (.Annotations.Remove (stringSlice "summary")).SortedPairs }}
        - {{ .Name }}: {{ .Value }}{{ end }}{{ range (.Labels.Remove (stringSlice "alertname")).SortedPairs }}
        - {{ .Name }} = {{ .Value }}{{ end }}
        - since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
        {{ with .GeneratorURL }}- {{ . }}
        {{ end }}{{ end }}{{ end }}
        {{ define "__text_alerts" }}{{ with .Alerts.Firing }}Firing:
        {{ template "__text_alert_list" . }}{{ end }}{{ with .Alerts.Resolved }}Resolved:
        {{ template "__text_alert_list" . }}{{ end }}{{ end }}
        {{ define "__markdown_alerts" }}{{ with .Alerts.Firing }}
        # Firing
        {{ template "__text_alert_list_markdown" . }}{{ end }}{{ with .Alerts.Resolved }}
        # Resolved
        {{ template "__text_alert_list_markdown" . }}{{ end }}{{ end }}
        {{ define "__described_alerts" }}{{ with .CommonAnnotations.SortedPairs.Values }}{{ . | join " " }}
        {{ end }}{{ template "__text_alerts" . }}{{ end }}

        """#

    private static let chats = #"""
        {{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
        {{ define "slack.default.callbackid" }}{{ end }}
        {{ define "slack.default.pretext" }}{{ end }}
        {{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "slack.default.iconemoji" }}{{ end }}
        {{ define "slack.default.iconurl" }}{{ end }}
        {{ define "slack.default.text" }}{{ end }}
        {{ define "slack.default.footer" }}{{ end }}
        {{ define "slack.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}
        {{ define "discord.default.content" }}{{ end }}
        {{ define "discord.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "discord.default.message" }}{{ template "__text_alerts" . }}{{ end }}
        {{ define "telegram.default.message" }}{{ template "__text_alerts" . }}{{ end }}
        {{ define "webex.default.message" }}{{ template "__described_alerts" . }}{{ end }}
        {{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.text" }}{{ template "__markdown_alerts" . }}{{ end }}
        {{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteamsv2.default.text" }}{{ template "__markdown_alerts" . }}{{ end }}
        {{ define "mattermost.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}
        {{ define "mattermost.default.username" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "mattermost.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "mattermost.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "mattermost.default.fallback" }}{{ template "mattermost.default.title" . }} | {{ template "mattermost.default.titlelink" . }}{{ end }}
        {{ define "mattermost.default.text" }}{{ template "__markdown_alerts" . }}{{ end }}
        {{ define "rocketchat.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "rocketchat.default.alias" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "rocketchat.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "rocketchat.default.emoji" }}{{ end }}
        {{ define "rocketchat.default.iconurl" }}{{ end }}
        {{ define "rocketchat.default.text" }}{{ end }}
        {{ define "wechat.default.message" }}{{ template "__subject" . }}
        {{ template "__described_alerts" . }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "wechat.default.to_user" }}{{ end }}
        {{ define "wechat.default.to_party" }}{{ end }}
        {{ define "wechat.default.to_tag" }}{{ end }}
        {{ define "wechat.default.agent_id" }}{{ end }}

        """#

    private static let services = #"""
        {{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
        {{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
        {{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
        {{ define "opsgenie.default.description" }}{{ template "__described_alerts" . }}{{ end }}
        {{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "victorops.default.state_message" }}{{ template "__described_alerts" . }}{{ end }}
        {{ define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end }}
        {{ define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "pushover.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "pushover.default.message" }}{{ template "__described_alerts" . }}{{ end }}
        {{ define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "sns.default.subject" }}{{ template "__subject" . }}{{ end }}
        {{ define "sns.default.message" }}{{ template "__described_alerts" . }}{{ end }}

        """#

    private static let jira = #"""
        {{ define "jira.default.summary" }}{{ template "__subject" . }}{{ end }}
        {{ define "jira.default.description" }}{{ template "__markdown_alerts" . }}{{ end }}
        {{ define "jira.default.priority" -}}
        {{- $alerts := .Alerts.Firing }}{{ if not $alerts }}{{ $alerts = .Alerts.Resolved }}{{ end }}
        {{- $rank := 0 }}
        {{- range $alerts }}
        {{- if eq .Labels.severity "critical" }}{{ $rank = 3 }}
        {{- else if and (eq .Labels.severity "warning") (lt $rank 2) }}{{ $rank = 2 }}
        {{- else if and (eq .Labels.severity "info") (lt $rank 1) }}{{ $rank = 1 }}{{ end }}
        {{- end }}
        {{- if eq $rank 3 }}High{{ else if eq $rank 2 }}Medium{{ else if eq $rank 1 }}Low{{ end }}
        {{- end }}

        """#

    /// Mails: tables and styles within the tags, which is what mail programs show alike.
    static let mail = #"""
        {{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
        {{ define "__email_alert" -}}
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 12px;border:1px solid #e3e6ea;border-left:4px solid {{ if eq .Status "firing" }}#c9372c{{ else }}#22863a{{ end }};border-radius:4px;background:#ffffff">
        <tr><td style="padding:12px 16px">
        <div style="font-size:15px;font-weight:600;color:#1c2128">{{ with .Labels.alertname }}{{ . }}{{ else }}Alert{{ end }}{{ with .Labels.severity }} <span style="font-weight:400;color:#6b7480">{{ . }}</span>{{ end }}</div>
        {{ with .Annotations.summary }}<div style="margin-top:4px;color:#1c2128">{{ . }}</div>
        {{ end }}{{ range (.Annotations.Remove (stringSlice "summary")).SortedPairs }}<div style="margin-top:4px;color:#424a53"><span style="color:#6b7480">{{ .Name }}:</span> {{ .Value }}</div>
        {{ end }}<div style="margin-top:8px">{{ range (.Labels.Remove (stringSlice "alertname" "severity")).SortedPairs }}<span style="display:inline-block;margin:0 6px 4px 0;padding:1px 6px;border-radius:3px;background:#f0f2f4;font-family:monospace;font-size:12px;color:#424a53">{{ .Name }}={{ .Value }}</span>{{ end }}</div>
        <div style="margin-top:4px;font-size:12px;color:#6b7480">since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}{{ with .GeneratorURL }} · <a href="{{ . }}" style="color:#0b62b0">source</a>{{ end }}</div>
        </td></tr></table>
        {{ end }}
        {{ define "email.default.html" -}}
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ template "__subject" . }}</title></head>
        <body style="margin:0;padding:0;background:#f5f6f8">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f5f6f8;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:14px;line-height:1.45">
        <tr><td align="center" style="padding:24px 12px">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px">
        <tr><td style="padding:14px 16px;border-radius:4px;background:{{ if eq .Status "firing" }}#c9372c{{ else }}#22863a{{ end }};color:#ffffff;font-size:17px;font-weight:600">
        {{ .Alerts | len }} alert{{ if gt (len .Alerts) 1 }}s{{ end }}{{ with .GroupLabels.SortedPairs }} for {{ range . }}{{ .Name }}={{ .Value }} {{ end }}{{ end }}</td></tr>
        <tr><td style="padding:16px 0 4px"><a href="{{ template "__alertmanagerURL" . }}" style="color:#0b62b0">Show in {{ template "__alertmanager" . }}</a></td></tr>
        {{ with .Alerts.Firing }}<tr><td style="padding:8px 0;font-weight:600;color:#1c2128">{{ len . }} firing</td></tr>
        <tr><td>{{ range . }}{{ template "__email_alert" . }}{{ end }}</td></tr>
        {{ end }}{{ with .Alerts.Resolved }}<tr><td style="padding:8px 0;font-weight:600;color:#1c2128">{{ len . }} resolved</td></tr>
        <tr><td>{{ range . }}{{ template "__email_alert" . }}{{ end }}</td></tr>
        {{ end }}<tr><td style="padding:12px 0;font-size:12px;color:#6b7480">Sent by <a href="{{ .ExternalURL }}" style="color:#6b7480">{{ template "__alertmanager" . }}</a> to the receiver {{ .Receiver }}.</td></tr>
        </table>
        </td></tr></table>
        </body>
        </html>
        {{ end }}
        """#
}
