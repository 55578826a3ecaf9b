internal import AlertModel
internal import SQLiteSupport
internal import TelemetryModel

/// Writes events. What many of them have in common - labels, where they were routed - is a row that they refer to; this knows the numbers of
/// those rows.
struct EventRows {
    private struct Known {
        var id: Int64
        var lastUsed: Timestamp
    }

    private struct Context: Hashable {
        var rule: String
        var route: String
        var groupKey: String
        var receiver: String
        var integration: String
    }

    private var labelSets: [LabelSet: Known] = [:]
    private var contexts: [Context: Known] = [:]

    private static let knownMax = 100_000
    /// How old `last_used` of a row may be while the row is used; what has not been used for the retention and this is deleted.
    static let usePrecision: Int64 = 86_400_000

    /// Forgets the numbers, because the rows may be gone.
    mutating func forget() {
        labelSets = [:]
        contexts = [:]
    }

    /// Writes events within a transaction.
    mutating func insert(_ events: [AlertEvent], _ connection: SQLiteConnection, _ options: AlertStorageOptions) throws(SQLiteError) {
        if labelSets.count > EventRows.knownMax || contexts.count > EventRows.knownMax { forget() }
        // Many alerts are told of with one payload, whose text they share, so that comparing it costs nothing.
        var latestPayload = (text: "", id: Int64(0))
        for event in events {
            let labelSet = try labelSet(event, connection)
            let context = try context(event, connection)
            if !event.payload.isEmpty, event.payload != latestPayload.text {
                latestPayload = (event.payload, try insertPayload(event, connection, options))
            }
            let row = StoredRow(
                .integer(event.time), .text(event.kind.rawValue), .integer(labelSet), .integer(context),
                .text(AlertText.text(of: event.decidedBy)), .text(event.detail.cut(toBytes: options.detailBytesMax)),
                event.payload.isEmpty ? .null : .integer(latestPayload.id))
            let statement = try connection.statement(
                """
                INSERT INTO event (time, kind, label_set, context, decided_by, detail, payload, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
            row.bind(to: statement)
            try statement.run()
        }
    }

    private func insertPayload(
        _ event: AlertEvent, _ connection: SQLiteConnection, _ options: AlertStorageOptions
    ) throws(SQLiteError) -> Int64 {
        let row = StoredRow(.integer(event.time), .text(event.payload.cut(toBytes: options.payloadBytesMax)))
        let statement = try connection.statement("INSERT INTO payload (time, text, checksum) VALUES (?, ?, ?)")
        row.bind(to: statement)
        try statement.run()
        return try lastID(connection)
    }

    private func lastID(_ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        try connection.integer("SELECT last_insert_rowid()") ?? 0
    }

    private mutating func labelSet(_ event: AlertEvent, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        if let known = labelSets[event.labels], abs(event.time - known.lastUsed) < EventRows.usePrecision { return known.id }
        let text = AlertText.text(of: event.labels)
        let find = try connection.statement("SELECT id FROM label_set WHERE labels = ?")
        find.bind(text, at: 1)
        let id: Int64
        if try find.step() {
            id = find.integer(at: 0)
            find.reset()
            try touch("label_set", id, event.time, connection)
        } else {
            find.reset()
            id = try insertLabelSet(event, text, connection)
        }
        labelSets[event.labels] = Known(id: id, lastUsed: event.time)
        return id
    }

    private func insertLabelSet(_ event: AlertEvent, _ text: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let row = StoredRow(.text(event.fingerprint.description), .text(event.labels["alertname"] ?? ""), .text(text))
        let insert = try connection.statement(
            "INSERT INTO label_set (fingerprint, name, labels, checksum, last_used) VALUES (?, ?, ?, ?, ?)")
        insert.bind(event.time, at: row.bind(to: insert))
        try insert.run()
        let id = try lastID(connection)
        let pair = try connection.statement("INSERT OR REPLACE INTO label VALUES (?, ?, ?)")
        for label in event.labels {
            pair.bind(label.name, at: 1)
            pair.bind(label.value, at: 2)
            pair.bind(id, at: 3)
            try pair.run()
        }
        return id
    }

    private mutating func context(_ event: AlertEvent, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let context = Context(
            rule: event.rule, route: event.routeID, groupKey: event.groupKey, receiver: event.receiver, integration: event.integration)
        if let known = contexts[context], abs(event.time - known.lastUsed) < EventRows.usePrecision { return known.id }
        let row = StoredRow(
            .text(context.rule), .text(context.route), .text(context.groupKey), .text(context.receiver), .text(context.integration))
        let find = try connection.statement(
            "SELECT id FROM context WHERE rule = ? AND route = ? AND group_key = ? AND receiver = ? AND integration = ?")
        for index in 0..<row.values.count { find.bind(row.text(index), at: Int32(index + 1)) }
        let id: Int64
        if try find.step() {
            id = find.integer(at: 0)
            find.reset()
            try touch("context", id, event.time, connection)
        } else {
            find.reset()
            let insert = try connection.statement(
                """
                INSERT INTO context (rule, route, group_key, receiver, integration, checksum, last_used) VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
            insert.bind(event.time, at: row.bind(to: insert))
            try insert.run()
            id = try lastID(connection)
        }
        contexts[context] = Known(id: id, lastUsed: event.time)
        return id
    }

    private func touch(_ table: String, _ id: Int64, _ time: Timestamp, _ connection: SQLiteConnection) throws(SQLiteError) {
        let update = try connection.statement("UPDATE \(table) SET last_used = max(last_used, ?) WHERE id = ?")
        update.bind(time, at: 1)
        update.bind(id, at: 2)
        try update.run()
    }
}

extension String {
    /// The text up to so many bytes of UTF-8, whole characters only; what is cut ends in an ellipsis.
    func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: bytesMax)
        while end > utf8.startIndex, !UTF8.isASCII(utf8[end]), utf8[end] & 0xc0 == 0x80 { end = utf8.index(before: end) }
        return self[..<end] + "…"
    }
}
