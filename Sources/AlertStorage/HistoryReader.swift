internal import AlertModel
internal import LabelMatching
internal import SQLiteSupport
internal import TelemetryModel

/// Reads events of the history over a connection of its own.
struct HistoryReader {
    let connection: SQLiteConnection

    /// Up to so many label sets, each is looked up by itself; with more, events are walked back in time.
    private static let lookupsMax = 200

    /// The most bytes that the payloads of an answer come to.
    static let payloadBytesMax = 64 << 20

    private struct Row {
        var id: Int64
        var event: AlertEvent
        var payload: Int64?
    }

    /// - Throws: `SQLiteError`; damaged rows are counted and left out.
    func events(_ query: AlertHistoryQuery) throws(SQLiteError) -> AlertHistoryResult {
        var result = AlertHistoryResult()
        guard query.limit > 0 else { return result }
        // One moment for all statements, whatever is written meanwhile.
        try connection.execute("BEGIN")
        defer { connection.rollBack() }
        let wanted = query.matchers.isEmpty && query.fingerprint == nil ? nil : try labelSets(query, &result.damagedRows)
        var rows: [Row] = []
        if let wanted, wanted.count <= HistoryReader.lookupsMax {
            for (id, labels) in wanted { try read(query, labelSet: id, [id: labels], &rows, &result.damagedRows) }
            rows.sort { ($0.event.time, $0.id) > ($1.event.time, $1.id) }
        } else {
            try read(query, labelSet: nil, wanted, &rows, &result.damagedRows)
        }
        result.isCut = rows.count > query.limit
        rows.removeLast(max(0, rows.count - query.limit))
        if query.includesPayloads { try addPayloads(to: &rows, &result) }
        result.events = rows.reversed().map(\.event)
        return result
    }

    // MARK: Label sets

    /// The label sets that pass, by their numbers.
    private func labelSets(_ query: AlertHistoryQuery, _ damaged: inout Int) throws(SQLiteError) -> [Int64: LabelSet] {
        var found: [Int64: LabelSet] = [:]
        for matchers in query.matchers.isEmpty ? [[]] : query.matchers {
            let select = try candidates(matchers, query.fingerprint)
            defer { select.reset() }
            while try select.step() {
                let id = select.integer(at: 0)
                if found[id] != nil { continue }
                guard let labels = HistoryReader.labels(select, from: 1) else {
                    damaged += 1
                    continue
                }
                if matchers.allSatisfy({ $0.matches(labels) }) { found[id] = labels }
            }
        }
        return found
    }

    /// Label sets among which are all that pass; an index gives them where that can be.
    private func candidates(_ matchers: [LabelMatcher], _ fingerprint: AlertFingerprint?) throws(SQLiteError) -> SQLiteStatement {
        let columns = "SELECT id, fingerprint, name, labels, checksum FROM label_set"
        if let fingerprint {
            let select = try connection.statement(columns + " WHERE fingerprint = ?")
            select.bind(fingerprint.description, at: 1)
            return select
        }
        // `alertname` mostly leaves the fewest.
        let equalities = matchers.filter { $0.operator == .equal && !$0.value.isEmpty }
        guard let best = equalities.first(where: { $0.name == "alertname" }) ?? equalities.first else {
            return try connection.statement(columns)
        }
        let select = try connection.statement(
            columns + " WHERE id IN (SELECT label_set FROM label WHERE label.name = ? AND label.value = ?)")
        select.bind(best.name, at: 1)
        select.bind(best.value, at: 2)
        return select
    }

    /// The labels of a row of `label_set`; nil where it is damaged.
    private static func labels(_ select: SQLiteStatement, from column: Int32) -> LabelSet? {
        guard let row = try? StoredRow(reading: select, from: column, count: 3, of: "label_set") else { return nil }
        return try? AlertText.labelSet(row.text(2))
    }

    // MARK: Events

    /// Adds the newest events, one more than the limit so that the caller sees whether there are more.
    private func read(
        _ query: AlertHistoryQuery, labelSet: Int64?, _ known: [Int64: LabelSet]?, _ rows: inout [Row], _ damaged: inout Int
    ) throws(SQLiteError) {
        let select = try connection.statement(
            """
            SELECT event.id, event.time, event.kind, event.label_set, event.context, event.decided_by, event.detail, event.payload,
                event.checksum, context.rule, context.route, context.group_key, context.receiver, context.integration, context.checksum,
                label_set.fingerprint, label_set.name, label_set.labels, label_set.checksum
            FROM event LEFT JOIN context ON context.id = event.context LEFT JOIN label_set ON label_set.id = event.label_set
            WHERE event.time BETWEEN ?1 AND ?2 \(labelSet == nil ? "" : "AND event.label_set = ?3")
            ORDER BY event.time DESC, event.id DESC
            """)
        defer { select.reset() }
        select.bind(query.times.lowerBound, at: 1)
        select.bind(query.times.upperBound, at: 2)
        if let labelSet { select.bind(labelSet, at: 3) }
        var count = 0
        while count <= query.limit, try select.step() {
            if let known, known[select.integer(at: 3)] == nil { continue }
            if !query.kinds.isEmpty, AlertEvent.Kind(rawValue: select.text(at: 2)).map({ !query.kinds.contains($0) }) ?? false { continue }
            guard let event = HistoryReader.event(select, known) else {
                damaged += 1
                continue
            }
            let payload = select.isNull(at: 7) ? nil : select.integer(at: 7)
            rows.append(Row(id: select.integer(at: 0), event: event, payload: payload))
            count += 1
        }
    }

    /// The event of a row; nil where it is damaged.
    private static func event(_ select: SQLiteStatement, _ known: [Int64: LabelSet]?) -> AlertEvent? {
        guard let row = try? StoredRow(reading: select, from: 1, count: 7, of: "event"), let kind = AlertEvent.Kind(rawValue: row.text(1)),
            let decidedBy = try? AlertText.texts(row.text(4)),
            let context = try? StoredRow(reading: select, from: 9, count: 5, of: "context"),
            let labels = known?[row.integer(2)] ?? HistoryReader.labels(select, from: 15)
        else { return nil }
        return AlertEvent(
            time: row.integer(0), kind: kind, labels: labels, rule: context.text(0), routeID: context.text(1), groupKey: context.text(2),
            receiver: context.text(3), integration: context.text(4), decidedBy: decidedBy, detail: row.text(5))
    }

    // MARK: Payloads

    /// Adds what was sent, to the newest events first. Events that were told of together share it.
    private func addPayloads(to rows: inout [Row], _ result: inout AlertHistoryResult) throws(SQLiteError) {
        var texts: [Int64: String] = [:]
        var bytes = 0
        for index in rows.indices {
            guard let id = rows[index].payload else { continue }
            if bytes > HistoryReader.payloadBytesMax {
                result.payloadsLeftOut += 1
                continue
            }
            let text: String
            if let known = texts[id] { text = known } else { text = try payload(id, &result.damagedRows) }
            texts[id] = text
            bytes += text.utf8.count
            rows[index].event.payload = text
        }
    }

    private func payload(_ id: Int64, _ damaged: inout Int) throws(SQLiteError) -> String {
        let select = try connection.statement("SELECT time, text, checksum FROM payload WHERE id = ?")
        defer { select.reset() }
        select.bind(id, at: 1)
        guard try select.step(), let row = try? StoredRow(reading: select, count: 2, of: "payload") else {
            damaged += 1
            return ""
        }
        return row.text(1)
    }
}
