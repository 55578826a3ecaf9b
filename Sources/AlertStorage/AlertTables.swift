/// The tables of the file. What lies in them is plain text and numbers, times in milliseconds since 1970; `checksum` covers the columns before it.
enum AlertTables {
    /// The version of the tables, kept as `user_version`.
    static let format: Int64 = 1

    static let definitions = """
        CREATE TABLE silence (
            id TEXT PRIMARY KEY, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            created_by TEXT NOT NULL, comment TEXT NOT NULL, annotations TEXT NOT NULL, recurrence TEXT NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE notification_log (
            group_key TEXT NOT NULL, receiver TEXT NOT NULL, integration TEXT NOT NULL, position INTEGER NOT NULL,
            notified_at INTEGER NOT NULL, firing TEXT NOT NULL, resolved TEXT NOT NULL, expires_at INTEGER NOT NULL,
            checksum INTEGER NOT NULL, PRIMARY KEY (group_key, receiver, integration, position)) WITHOUT ROWID;
        CREATE TABLE alert (
            labels TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, annotations TEXT NOT NULL, starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, generator_url TEXT NOT NULL, ends_by_timeout INTEGER NOT NULL,
            checksum INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE rule_state (rule_group TEXT PRIMARY KEY, state BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE moment (name TEXT PRIMARY KEY, time INTEGER NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE label_set (
            id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL,
            last_used INTEGER NOT NULL);
        CREATE INDEX label_set_by_fingerprint ON label_set (fingerprint);
        CREATE TABLE label (
            name TEXT NOT NULL, value TEXT NOT NULL, label_set INTEGER NOT NULL, PRIMARY KEY (name, value, label_set)) WITHOUT ROWID;
        CREATE TABLE context (
            id INTEGER PRIMARY KEY, rule TEXT NOT NULL, route TEXT NOT NULL, group_key TEXT NOT NULL, receiver TEXT NOT NULL,
            integration TEXT NOT NULL, checksum INTEGER NOT NULL, last_used INTEGER NOT NULL,
            UNIQUE (rule, route, group_key, receiver, integration));
        CREATE TABLE payload (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, text TEXT NOT NULL, checksum INTEGER NOT NULL);
        CREATE INDEX payload_by_time ON payload (time);
        CREATE TABLE event (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, label_set INTEGER NOT NULL, context INTEGER NOT NULL,
            decided_by TEXT NOT NULL, detail TEXT NOT NULL, payload INTEGER, checksum INTEGER NOT NULL);
        CREATE INDEX event_by_time ON event (time);
        CREATE INDEX event_by_label_set ON event (label_set, time);
        CREATE VIEW history AS
            SELECT event.id, strftime('%Y-%m-%dT%H:%M:%fZ', event.time / 1000.0, 'unixepoch') AS time, label_set.name AS alert, event.kind,
                event.detail, context.receiver, context.integration, event.decided_by, context.rule, context.route, context.group_key,
                label_set.labels, label_set.fingerprint, payload.text AS payload
            FROM event JOIN label_set ON label_set.id = event.label_set JOIN context ON context.id = event.context
                LEFT JOIN payload ON payload.id = event.payload;
        """
}
