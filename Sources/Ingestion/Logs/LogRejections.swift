/// Why entries were not taken. The raw values are the reasons that Loki counts by.
public enum LogRejectionReason: String, Sendable, CaseIterable {
    case invalidLabels = "invalid_labels"
    case missingLabels = "missing_labels"
    case tooManyLabels = "max_label_names_per_series"
    case labelNameTooLong = "label_name_too_long"
    case labelValueTooLong = "label_value_too_long"
    case streamLimit = "stream_limit"
    case lineTooLong = "line_too_long"
    case tooOld = "greater_than_max_sample_age"
    case tooFarInFuture = "too_far_in_future"
    case metadataTooLarge = "structured_metadata_too_large"
    case tooMuchMetadata = "structured_metadata_too_many"
    case rateLimited = "rate_limited"
    /// Not one of Loki's, which refuses the whole message.
    case malformed = "malformed_entry"
}

/// Counts the entries of a delivery that were not taken, and keeps the first case of each reason to tell the sender.
struct LogRejections: Sendable {
    private var counts = [Int](repeating: 0, count: LogRejectionReason.allCases.count)
    private var firstCases: [LogRejectionReason: String] = [:]
    private(set) var total = 0

    /// Counts an entry.
    ///
    /// - Parameter firstCase: says what is wrong; asked for the first entry of a reason only.
    mutating func add(_ reason: LogRejectionReason, _ firstCase: () -> String) {
        let index = LogRejections.index[reason] ?? 0
        if counts[index] == 0 { firstCases[reason] = LogRejections.cut(firstCase()) }
        counts[index] += 1
        total += 1
    }

    subscript(reason: LogRejectionReason) -> Int { counts[LogRejections.index[reason] ?? 0] }

    /// The first case of a reason.
    func firstCase(_ reason: LogRejectionReason) -> String? { firstCases[reason] }

    /// One line for each reason.
    var message: String {
        LogRejectionReason.allCases.compactMap { reason in
            guard let text = firstCases[reason] else { return nil }
            let others = self[reason] - 1
            return others > 0 ? "\(text) (and \(others) more like it)" : text
        }.joined(separator: "; ")
    }

    private static let index = Dictionary(uniqueKeysWithValues: LogRejectionReason.allCases.enumerated().map { ($1, $0) })

    /// A case short enough for a line that people read, without line breaks.
    private static func cut(_ text: String) -> String {
        let line = text.replacing("\n", with: " ").replacing("\r", with: " ")
        return line.utf8.count <= 600 ? line : String(line.prefix(150)) + "…" + String(line.suffix(100))
    }
}
