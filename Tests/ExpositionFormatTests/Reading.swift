internal import ExpositionFormat
internal import TelemetryModel

/// A page read to its end, in the form in which tests state what they expect.
struct ReadPage: Equatable {
    var samples: [String] = []
    var created: [String] = []
    var metadata: [String] = []
    var exemplars: [String] = []

    init(_ text: String, _ format: ExpositionTextFormat) throws {
        try self.init(bytes: Array(text.utf8), format)
    }

    init(bytes: [UInt8], _ format: ExpositionTextFormat) throws {
        var parser = ExpositionParser(bytes, format: format)
        var decoder = SeriesTextDecoder()
        while let entry = try parser.next() {
            switch entry {
            case .sample(let sample):
                samples.append(try ReadPage.print(sample, bytes, &decoder))
                if let range = sample.exemplar {
                    let exemplar = try decoder.decodeExemplar(bytes, range, defaultTimestamp: -1)
                    exemplars.append("\(exemplar.labels) \(exemplar.value) @\(exemplar.timestamp)")
                }
            case .created(let sample): created.append(try ReadPage.print(sample, bytes, &decoder))
            case .type(let name, let type): metadata.append("\(parser.name(at: name)) is a \(type.rawValue)")
            case .help(let name, let text): metadata.append("\(parser.name(at: name)): \(parser.help(at: text))")
            case .unit(let name, let unit): metadata.append("\(parser.name(at: name)) in \(parser.text(at: unit))")
            case .comment: break
            }
        }
    }

    private static func print(_ sample: ExpositionSample, _ bytes: [UInt8], _ decoder: inout SeriesTextDecoder) throws -> String {
        var packed: [UInt8] = []
        try decoder.decode(bytes, sample.series, into: &packed)
        let labels = try LabelSet(validating: packed)
        return "\(labels) \(sample.value)" + (sample.timestamp.map { " @\($0)" } ?? "")
    }
}

/// The error that a page gives, nil where it gives none.
func expositionError(_ text: String, _ format: ExpositionTextFormat) -> ExpositionError? {
    do {
        _ = try ReadPage(text, format)
        return nil
    } catch {
        return error as? ExpositionError
    }
}
