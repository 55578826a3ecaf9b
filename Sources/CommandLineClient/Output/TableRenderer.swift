internal import CivilCalendar
internal import TelemetryModel

/// Answers as an aligned table: a column for the name, one for each label, sorted, and the value at the right. Elements keep the server's
/// order, which `sort()` and its like decide.
enum TableRenderer {
    /// - Returns: nothing where the answer is empty.
    static func render(_ reply: QueryReply) -> String {
        switch reply.result {
        case .scalar(let point): return point.value.text + "\n"
        case .string(_, let text): return text + "\n"
        case .vector(let elements):
            if elements.isEmpty { return "" }
            let labels = LabelColumns(elements.map(\.labels))
            var table = TextTable(labels.columns + [TextTable.Column(title: "VALUE", alignment: .trailing)])
            for element in elements { table.add(labels.cells(of: element.labels) + [element.point.value.text]) }
            return table.rendered()
        case .matrix(let series):
            if series.isEmpty { return "" }
            let labels = LabelColumns(series.map(\.labels))
            var table = TextTable(
                labels.columns + [TextTable.Column(title: "TIME"), TextTable.Column(title: "VALUE", alignment: .trailing)])
            for one in series {
                let cells = labels.cells(of: one.labels)
                for point in one.points { table.add(cells + [RFC3339.text(CivilTime(milliseconds: point.time)), point.value.text]) }
            }
            return table.rendered()
        }
    }
}

/// The labels that some series have between them, the name first, then sorted by bytes.
struct LabelColumns {
    let hasName: Bool
    let names: [String]

    init(_ sets: [LabelSet]) {
        var all: Set<String> = []
        for set in sets {
            for label in set { all.insert(label.name) }
        }
        hasName = all.remove(LabelName.metricName) != nil
        names = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    var columns: [TextTable.Column] { ((hasName ? ["NAME"] : []) + names).map { TextTable.Column(title: $0) } }

    /// What a series has in each column, nothing where it lacks the label.
    func cells(of labels: LabelSet) -> [String] {
        ((hasName ? [LabelName.metricName] : []) + names).map { labels[$0] ?? "" }
    }
}
