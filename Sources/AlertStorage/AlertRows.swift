internal import AlertModel
internal import LabelMatching
internal import SQLiteSupport
internal import TelemetryModel

/// What is kept, as rows of its tables and back. Reading throws `damaged` for everything that writing cannot have written.
enum AlertRows {
    static let alertColumns = "labels, fingerprint, annotations, starts_at, ends_at, updated_at, generator_url, ends_by_timeout"
    static let silenceColumns = "id, matchers, starts_at, ends_at, updated_at, created_by, comment, annotations, recurrence"
    static let logColumns = "group_key, receiver, integration, position, notified_at, firing, resolved, expires_at"

    static func row(_ alert: Alert) -> StoredRow {
        StoredRow(
            .text(AlertText.text(of: alert.labels)), .text(alert.fingerprint.description), .text(AlertText.text(of: alert.annotations)),
            .integer(alert.startsAt), .integer(alert.endsAt), .integer(alert.updatedAt), .text(alert.generatorURL),
            .integer(alert.endsByTimeout ? 1 : 0))
    }

    static func alert(_ row: StoredRow) throws(AlertStorageError) -> Alert {
        try reading("alert") { () throws(AlertText.Unreadable) in
            Alert(
                labels: try AlertText.labelSet(row.text(0)), annotations: try AlertText.labels(row.text(2)), startsAt: row.integer(3),
                endsAt: row.integer(4), updatedAt: row.integer(5), generatorURL: row.text(6), endsByTimeout: row.integer(7) != 0)
        }
    }

    static func row(_ silence: Silence) -> StoredRow {
        StoredRow(
            .text(silence.id), .text(AlertText.text(of: silence.matchers)), .integer(silence.startsAt), .integer(silence.endsAt),
            .integer(silence.updatedAt), .text(silence.createdBy), .text(silence.comment), .text(AlertText.text(of: silence.annotations)),
            .text(AlertText.text(of: silence.recurrence)))
    }

    static func silence(_ row: StoredRow) throws(AlertStorageError) -> Silence {
        try reading("silence") { () throws(AlertText.Unreadable) in
            Silence(
                id: row.text(0), matchers: try AlertText.matchers(row.text(1)), startsAt: row.integer(2), endsAt: row.integer(3),
                updatedAt: row.integer(4), createdBy: row.text(5), comment: row.text(6), annotations: try AlertText.labels(row.text(7)),
                recurrence: try AlertText.recurrence(row.text(8)))
        }
    }

    static func row(_ entry: NotificationLogEntry) -> StoredRow {
        let integration = entry.key.integration
        return StoredRow(
            .text(entry.key.groupKey), .text(integration.receiver), .text(integration.kind), .integer(Int64(integration.index)),
            .integer(entry.timestamp), .text(AlertText.text(of: entry.firing)), .text(AlertText.text(of: entry.resolved)),
            .integer(entry.expiresAt))
    }

    static func logEntry(_ row: StoredRow) throws(AlertStorageError) -> NotificationLogEntry {
        try reading("notification_log") { () throws(AlertText.Unreadable) in
            NotificationLogEntry(
                key: .init(
                    groupKey: row.text(0),
                    integration: IntegrationID(receiver: row.text(1), kind: row.text(2), index: Int(clamping: row.integer(3)))),
                timestamp: row.integer(4), firing: try AlertText.fingerprints(row.text(5)),
                resolved: try AlertText.fingerprints(row.text(6)), expiresAt: row.integer(7))
        }
    }

    static func reading<Value>(
        _ table: String, _ body: () throws(AlertText.Unreadable) -> Value
    ) throws(AlertStorageError) -> Value {
        do throws(AlertText.Unreadable) { return try body() } catch {
            throw AlertStorageError(.damaged, "a row of \(table) cannot be read")
        }
    }
}
