internal import CivilCalendar
internal import GraphImage

/// `perch storage cardinality`: which metrics, labels and targets have the most series, and when metrics were last asked for.
public struct StorageCardinalityCommand: Sendable {
    private let client: PerchClient
    private let format: OutputFormat
    private let limit: Int

    /// - Parameters:
    ///   - format: `table` or `json`; anything else is refused when the command runs.
    ///   - limit: how many of each are shown, from 1 to 10,000.
    public init(client: PerchClient, format: OutputFormat = .table, limit: Int = 10) {
        self.client = client
        self.format = format
        self.limit = limit
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            guard format == .table || format == .json else { throw .usage("--output: cardinality is given as table or json") }
            guard (1...10_000).contains(limit) else { throw .usage("--limit must be from 1 to 10000") }
            let request = PerchClient.Request(path: "/api/v1/status/tsdb", parameters: [.init(name: "limit", value: String(limit))])
            let report = try await client.call(request, of: CardinalityAnswer.self).data ?? CardinalityAnswer()
            output.result(format == .json ? report.json() : report.table())
        }
    }
}

/// What a server says of the number of its series. What it leaves out is left out here too.
private struct CardinalityAnswer: Decodable {
    struct Count: Decodable {
        var name: String
        var value: Double
    }

    var seriesCountByMetricName: [Count]?
    var memoryInBytesByMetricName: [Count]?
    var lastQueriedByMetricName: [Count]?
    var lastQueriedByLabelName: [Count]?
    var lastQueriedByTarget: [Count]?
    var labelValueCountByLabelName: [Count]?
    var memoryInBytesByLabelName: [Count]?
    var seriesCountByTarget: [Count]?
    var memoryInBytesByTarget: [Count]?
    var seriesCountByLabelValuePair: [Count]?

    func table() -> String {
        func queried(_ list: [Count]?) -> (title: String, counts: [Count], text: (Double) -> String)? {
            list.map { ("LAST QUERIED", $0, CardinalityAnswer.time) }
        }
        var text = section(
            "METRIC", "SERIES", seriesCountByMetricName, bytes: memoryInBytesByMetricName, further: queried(lastQueriedByMetricName))
        text += section("TARGET", "SERIES", seriesCountByTarget, bytes: memoryInBytesByTarget, further: queried(lastQueriedByTarget))
        text += section(
            "LABEL", "VALUES", labelValueCountByLabelName, bytes: memoryInBytesByLabelName, further: queried(lastQueriedByLabelName))
        text += section("LABEL PAIR", "SERIES", seriesCountByLabelValuePair, bytes: nil)
        return text
    }

    private func section(
        _ title: String, _ countTitle: String, _ counts: [Count]?, bytes: [Count]?,
        further: (title: String, counts: [Count], text: (Double) -> String)? = nil
    ) -> String {
        guard let counts, !counts.isEmpty else { return "" }
        var columns = [TextTable.Column(title: title), TextTable.Column(title: countTitle, alignment: .trailing)]
        if bytes != nil { columns.append(TextTable.Column(title: "BYTES", alignment: .trailing)) }
        if let further { columns.append(TextTable.Column(title: further.title)) }
        var table = TextTable(columns)
        for count in counts {
            var row = [count.name, CardinalityAnswer.number(count.value)]
            if let bytes { row.append(bytes.first { $0.name == count.name }.map { QuantityUnit.bytes.text($0.value) } ?? "") }
            if let further { row.append(further.counts.first { $0.name == count.name }.map { further.text($0.value) } ?? "") }
            table.add(row)
        }
        return table.rendered() + "\n"
    }

    private static func time(_ milliseconds: Double) -> String {
        milliseconds > 0 && milliseconds < 1e15 ? RFC3339.text(CivilTime(milliseconds: Int64(milliseconds))) : "not since the start"
    }

    private static func number(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? "\(value)" }

    /// One line of JSON, with the server's names.
    func json() -> String {
        var json = JSONText()
        json.object { json in
            for (name, list) in [
                ("labelValueCountByLabelName", labelValueCountByLabelName), ("lastQueriedByMetricName", lastQueriedByMetricName),
                ("memoryInBytesByLabelName", memoryInBytesByLabelName), ("memoryInBytesByMetricName", memoryInBytesByMetricName),
                ("memoryInBytesByTarget", memoryInBytesByTarget), ("seriesCountByLabelValuePair", seriesCountByLabelValuePair),
                ("seriesCountByMetricName", seriesCountByMetricName), ("seriesCountByTarget", seriesCountByTarget),
            ] {
                json.member(name) { json in
                    json.array(list ?? []) { json, count in
                        json.object { json in
                            json.member("name") { $0.string(count.name) }
                            json.member("value") { $0.raw(CardinalityAnswer.number(count.value)) }
                        }
                    }
                }
            }
        }
        return json.text + "\n"
    }
}
