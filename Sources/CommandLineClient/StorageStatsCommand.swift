internal import CivilCalendar
internal import GraphImage

/// `perch storage stats`: what the server's storage holds.
public struct StorageStatsCommand: Sendable {
    private let client: PerchClient
    private let format: OutputFormat

    /// - Parameter format: `table` or `json`; anything else is refused when the command runs.
    public init(client: PerchClient, format: OutputFormat = .table) {
        self.client = client
        self.format = format
    }

    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            guard format == .table || format == .json else { throw .usage("--output: storage stats are given as table or json") }
            let statistics = try await client.storageStatistics()
            output.result(format == .json ? statistics.json() : statistics.table())
        }
    }
}

/// What a server says about its storage. What it leaves out is left out here too.
struct StorageStatistics: Sendable, Hashable {
    struct Count: Sendable, Hashable, Decodable {
        var name: String
        var value: Double
    }

    /// Numbers of the storage engine, by name.
    var numbers: [Count] = []
    /// Numbers of recent data, by name.
    var head: [Count] = []
    var seriesByMetric: [Count] = []
    var valuesByLabel: [Count] = []
    var bytesByLabel: [Count] = []
    var seriesByPair: [Count] = []
}

extension PerchClient {
    /// `/api/v1/status/storage`, which only Perch has, and `/api/v1/status/tsdb`, which other servers may have too.
    func storageStatistics() async throws(ClientError) -> StorageStatistics {
        var statistics = StorageStatistics()
        let cardinality = try await call(Request(path: "/api/v1/status/tsdb"), of: CardinalityPayload.self).data
        statistics.head = (cardinality?.headStats ?? [:]).sortedCounts
        statistics.seriesByMetric = cardinality?.seriesCountByMetricName ?? []
        statistics.valuesByLabel = cardinality?.labelValueCountByLabelName ?? []
        statistics.bytesByLabel = cardinality?.memoryInBytesByLabelName ?? []
        statistics.seriesByPair = cardinality?.seriesCountByLabelValuePair ?? []
        if let storage = try? await call(Request(path: "/api/v1/status/storage"), of: [String: FlexibleNumber].self).data {
            statistics.numbers = storage.sortedCounts
        }
        return statistics
    }
}

private struct CardinalityPayload: Decodable {
    let headStats: [String: FlexibleNumber]?
    let seriesCountByMetricName: [StorageStatistics.Count]?
    let labelValueCountByLabelName: [StorageStatistics.Count]?
    let memoryInBytesByLabelName: [StorageStatistics.Count]?
    let seriesCountByLabelValuePair: [StorageStatistics.Count]?
}

/// A number, or something else, which is passed over.
private struct FlexibleNumber: Decodable {
    let value: Double?

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = try? container.decode(Double.self)
    }
}

extension [String: FlexibleNumber] {
    fileprivate var sortedCounts: [StorageStatistics.Count] {
        sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .compactMap { entry in entry.value.value.map { StorageStatistics.Count(name: entry.key, value: $0) } }
    }
}

extension StorageStatistics {
    func table() -> String {
        var text = section(["STORAGE", "VALUE"], numbers, name: StorageStatistics.words)
        text += section(["RECENT DATA", "VALUE"], head, name: StorageStatistics.words)
        text += section(["METRIC", "SERIES"], seriesByMetric)
        text += section(["LABEL", "VALUES"], valuesByLabel)
        text += section(["LABEL", "BYTES"], bytesByLabel, unit: .bytes)
        text += section(["LABEL PAIR", "SERIES"], seriesByPair)
        return text
    }

    private func section(
        _ titles: [String], _ counts: [Count], unit: QuantityUnit = .none, name: (String) -> String = { $0 }
    ) -> String {
        if counts.isEmpty { return "" }
        var table = TextTable([TextTable.Column(title: titles[0]), TextTable.Column(title: titles[1], alignment: .trailing)])
        for count in counts { table.add([name(count.name), StorageStatistics.text(count, unit)]) }
        return table.rendered() + "\n"
    }

    /// A count in full; sizes with their unit; times of the calendar as such.
    private static func text(_ count: Count, _ unit: QuantityUnit) -> String {
        let lowercased = count.name.lowercased()
        if unit == .bytes || lowercased.hasSuffix("bytes") { return QuantityUnit.bytes.text(count.value) }
        if lowercased.hasSuffix("time"), count.value > 1e11, count.value < 1e15 {
            return RFC3339.text(CivilTime(milliseconds: Int64(count.value)))
        }
        return number(count.value)
    }

    private static func number(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? "\(value)" }

    /// `journalBytes` as `journal bytes`.
    private static func words(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase, let last = result.last, last.isLowercase { result += " " }
            result += character.lowercased()
        }
        return result
    }

    /// One line of JSON, members sorted: `bytesByLabel`, `head`, `seriesByMetric`, `seriesByPair`, `storage`, `valuesByLabel`. `head` and
    /// `storage` are objects of numbers, the others lists of `{"name":…,"value":…}`, greatest first.
    func json() -> String {
        var json = JSONText()
        json.object { json in
            json.member("bytesByLabel") { StorageStatistics.list(bytesByLabel, &$0) }
            json.member("head") { StorageStatistics.numbers(head, &$0) }
            json.member("seriesByMetric") { StorageStatistics.list(seriesByMetric, &$0) }
            json.member("seriesByPair") { StorageStatistics.list(seriesByPair, &$0) }
            json.member("storage") { StorageStatistics.numbers(numbers, &$0) }
            json.member("valuesByLabel") { StorageStatistics.list(valuesByLabel, &$0) }
        }
        return json.text + "\n"
    }

    private static func numbers(_ counts: [Count], _ json: inout JSONText) {
        json.object { json in
            for count in counts { json.member(count.name) { $0.raw(number(count.value)) } }
        }
    }

    private static func list(_ counts: [Count], _ json: inout JSONText) {
        json.array(counts) { json, count in
            json.object { json in
                json.member("name") { $0.string(count.name) }
                json.member("value") { $0.raw(number(count.value)) }
            }
        }
    }
}
