internal import TelemetryModel

@testable internal import LogQL

/// A line after a stage: what tests look at.
struct StageRun: Equatable {
    var labels: [String: String] = [:]
    var error: String?
    var details: String?
    var line = ""

    /// Runs a stage over a line that has some labels already.
    init(
        _ line: [UInt8], stream: [String: String] = [:], metadata: [String: String] = [:], wanted: WantedLabels = .all,
        _ stage: (inout LineContext) -> Void
    ) {
        var context = LineContext(wanted: wanted)
        context.begin(LabelPlaces(LabelSet(stream.map { ($0.key, $0.value) })))
        // Bytes before and behind the line, which a stage must not look at.
        let bytes = Array("{\"".utf8) + line + Array("\" x=y}".utf8)
        context.begin(time: 0, line: bytes, in: 2..<2 + line.count)
        for (name, value) in metadata {
            Array(name.utf8).withUnsafeBytes { name in Array(value.utf8).withUnsafeBytes { context.addMetadata(name, $0) } }
        }
        stage(&context)
        for label in context.labels where label.isVisible && label.origin == .parsed {
            labels[String(decoding: context.bytes[label.name], as: UTF8.self)] = String(decoding: context.bytes[label.value], as: UTF8.self)
        }
        error = context.error.map { String(decoding: context.bytes[$0], as: UTF8.self) }
        details = context.errorDetails.map { String(decoding: context.bytes[$0], as: UTF8.self) }
        self.line = context.line.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    init(
        _ line: String, stream: [String: String] = [:], metadata: [String: String] = [:], wanted: WantedLabels = .all,
        _ stage: (inout LineContext) -> Void
    ) {
        self.init(Array(line.utf8), stream: stream, metadata: metadata, wanted: wanted, stage)
    }
}

extension WantedLabels {
    /// Labels by name.
    static func only(_ names: String...) -> WantedLabels { .names(names.map { Array($0.utf8) }, keepsErrors: false) }
}
