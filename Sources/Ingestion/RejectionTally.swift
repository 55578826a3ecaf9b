internal import MetricStorage
internal import TelemetryModel

/// Why a sample or a series was not taken.
enum RejectionReason: Int, CaseIterable, Sendable {
    case labels, nameMissing, duplicateLabel, notUTF8, labelLimit, noSamples, tooFarInFuture, tooOld, histogram, exemplar, seriesLimit
    case labelBytesLimit, tooManyParts, temporality, deltaOrder, deltaLimit

    var text: String {
        switch self {
        case .labels: "with labels that mean nothing"
        case .nameMissing: "without a metric name"
        case .duplicateLabel: "with a label name that stands twice"
        case .notUTF8: "with labels that are not UTF-8"
        case .labelLimit: "beyond a limit on labels"
        case .noSamples: "of a series without samples"
        case .tooFarInFuture: "too far in the future"
        case .tooOld: "older than the retention"
        case .histogram: "with an invalid histogram"
        case .exemplar: "with an invalid exemplar"
        case .seriesLimit: "of new series beyond the limit on active series (limits.max_active_series)"
        case .labelBytesLimit: "of new series beyond the limit on bytes of labels of active series (limits.max_active_label_bytes)"
        case .tooManyParts: "with more attributes, exemplars or buckets than are taken"
        case .temporality: "of a metric that does not say whether it is cumulative or delta"
        case .deltaOrder: "with delta temporality that are not later than what was added up already"
        case .deltaLimit: "with delta temporality beyond the limit on streams that are added up"
        }
    }

    /// What storage says, in the words of receivers.
    init(_ reason: RejectedSample.Reason) {
        self =
            switch reason {
            case .tooOld: .tooOld
            case .tooFarInFuture: .tooFarInFuture
            case .tooManySeries: .seriesLimit
            case .tooManyLabelBytes: .labelBytesLimit
            }
    }

    /// Whether it is a limit that series grow beyond.
    var isGrowth: Bool { self == .seriesLimit || self == .labelBytesLimit }

    /// Whether remote write 1.0 passes over it in silence, as Prometheus does.
    var isSilentInVersion1: Bool {
        switch self {
        case .labels, .nameMissing, .duplicateLabel, .notUTF8, .noSamples, .exemplar: true
        default: false
        }
    }
}

/// Counts what was rejected and keeps the first case of each reason, to tell the sender in one line.
struct RejectionTally: Sendable {
    private var counts = [Int](repeating: 0, count: RejectionReason.allCases.count)
    private var firstCases: [RejectionReason: String] = [:]
    /// What the series beyond the limits on active series are.
    private var growth: [RejectionReason: SeriesGrowth] = [:]

    mutating func add(_ reason: RejectionReason, count: Int, _ firstCase: String) {
        if counts[reason.rawValue] == 0 { firstCases[reason] = RejectionTally.cut(firstCase) }
        counts[reason.rawValue] += count
    }

    /// Takes note of a series that was refused since there are too many, or too many bytes of labels.
    mutating func noteGrowth(_ labels: LabelSet, _ reason: RejectionReason) { growth[reason, default: SeriesGrowth()].add(labels) }

    /// A case short enough for a line that people read.
    private static func cut(_ text: String) -> String {
        text.utf8.count <= caseBytesMax ? text : String(text.prefix(caseBytesMax / 4)) + "…"
    }

    private static let caseBytesMax = 400

    func count(where condition: (RejectionReason) -> Bool = { _ in true }) -> Int {
        RejectionReason.allCases.reduce(0) { condition($1) ? $0 + counts[$1.rawValue] : $0 }
    }

    subscript(reason: RejectionReason) -> Int { counts[reason.rawValue] }

    /// One line, without a line break whatever the labels hold.
    func message(where condition: (RejectionReason) -> Bool = { _ in true }) -> String {
        RejectionReason.allCases.filter { counts[$0.rawValue] > 0 && condition($0) }.map { reason in
            "\(counts[reason.rawValue]) rejected \(reason.text)" + (firstCases[reason].map { " (first: \($0))" } ?? "")
                + (words(reason).map { ", \($0)" } ?? "")
        }.joined(separator: "; ").replacing("\n", with: " ")
    }

    /// What grows beyond a limit.
    private func words(_ reason: RejectionReason) -> String? {
        reason == .labelBytesLimit ? growth[reason]?.byteWords : growth[reason]?.words
    }
}
