internal import AlertModel
internal import TelemetryModel

/// The alerts that are known, each under a number that it keeps while it is.
struct AlertTable: Sendable {
    struct Entry: Sendable {
        var alert: Alert
        let fingerprint: AlertFingerprint
        let order: AlertOrder
        /// Grows when an alert that had ended fires again.
        var version: UInt64 = 0
        /// The routes that it takes.
        var routes: [Int] = []
        /// For each of ``routes`` the group that it is a member of; nil where it is none.
        var groups: [Int?] = []
        /// The inhibition rules that it is a target of.
        var targets: [InhibitionIndex.Target] = []
        var silences = SilenceMatch()

        init(_ alert: Alert) {
            self.alert = alert
            fingerprint = alert.fingerprint
            order = AlertOrder(alert.labels)
        }

        var isInGroup: Bool { groups.contains { $0 != nil } }
    }

    private static let vacant = Entry(Alert(labels: LabelSet(), startsAt: 0, endsAt: 0, updatedAt: 0))

    /// By number; those whose number is not in use are of no meaning.
    var entries: [Entry] = []
    private var vacancies: [Int] = []
    private var ids: [LabelSet: Int] = [:]

    var count: Int { ids.count }

    /// All numbers in use, rising.
    var indices: [Int] { ids.values.sorted() }

    func id(of labels: LabelSet) -> Int? { ids[labels] }

    mutating func insert(_ alert: Alert) -> Int {
        let id: Int
        if let vacancy = vacancies.popLast() {
            id = vacancy
            entries[id] = Entry(alert)
        } else {
            id = entries.count
            entries.append(Entry(alert))
        }
        ids[alert.labels] = id
        return id
    }

    mutating func remove(_ id: Int) {
        ids[entries[id].alert.labels] = nil
        entries[id] = Self.vacant
        vacancies.append(id)
    }
}
