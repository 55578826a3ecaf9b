internal import ExpositionFormat
internal import TelemetryModel

/// What a page says of its metric families, compared by bytes with what it said last time: an unchanged page costs no strings.
struct MetadataCache: Sendable {
    /// The metadata lines of the last page, each with its kind and lengths in front.
    private var lines: [UInt8] = []
    private var position = 0
    private var isChanged = false

    /// Metadata beyond so many bytes of a page is passed over.
    static let bytesMax = 4 << 20

    mutating func beginPage() {
        position = 0
        isChanged = false
    }

    /// Takes a line of the page; entries that are no metadata are passed over.
    mutating func note(_ entry: ExpositionEntry, of page: [UInt8]) {
        switch entry {
        case .type(let name, let type): note(kind: MetadataCache.kind(of: type), page, name, name.lowerBound..<name.lowerBound)
        case .help(let name, let text): note(kind: 1, page, name, text)
        case .unit(let name, let unit): note(kind: 2, page, name, unit)
        case .sample, .created, .comment: break
        }
    }

    private mutating func note(kind: UInt8, _ page: [UInt8], _ name: Range<Int>, _ text: Range<Int>) {
        let nameStart = position + 9
        let textStart = nameStart + name.count
        let end = textStart + text.count
        guard end <= MetadataCache.bytesMax else { return }
        let lengths = UInt64(name.count) << 32 | UInt64(text.count)
        if end <= lines.count, lines[position] == kind, lengthsAt(position + 1) == lengths,
            equalBytes(lines, nameStart..<textStart, page, name), equalBytes(lines, textStart..<end, page, text)
        {
            position = end
            return
        }
        isChanged = true
        lines.removeSubrange(position...)
        lines.append(kind)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { lines.append(UInt8(truncatingIfNeeded: lengths >> shift)) }
        lines.append(contentsOf: page[name])
        lines.append(contentsOf: page[text])
        position = end
    }

    private func lengthsAt(_ start: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(lines[start + $1]) << UInt64($1 * 8) }
    }

    /// What the page says of all its families, nil where it says the same as the last page. The page has been read to its end.
    mutating func changes(in page: [UInt8], format: PageFormat) -> [String: MetricMetadata]? {
        if position < lines.count {
            lines.removeSubrange(position...)
            isChanged = true
        }
        guard isChanged else { return nil }
        switch format {
        case .text(let format): return MetadataCache.families(in: page, format)
        case .protobuf: return page.withUnsafeBytes { MetadataCache.families(in: $0) }
        }
    }

    private static func families(in page: [UInt8], _ format: ExpositionTextFormat) -> [String: MetricMetadata] {
        var families: [String: MetricMetadata] = [:]
        var parser = ExpositionParser(page, format: format)
        // The page was read to its end before, so no error can come; if one did, what was found until then would do.
        while let entry = try? parser.next() {
            switch entry {
            case .type(let name, let type): families[parser.name(at: name), default: MetricMetadata()].type = type
            case .help(let name, let text): families[parser.name(at: name), default: MetricMetadata()].help = parser.help(at: text)
            case .unit(let name, let unit): families[parser.name(at: name), default: MetricMetadata()].unit = parser.text(at: unit)
            case .sample, .created, .comment: break
            }
        }
        return families
    }

    private static func families(in page: UnsafeRawBufferPointer) -> [String: MetricMetadata] {
        var families: [String: MetricMetadata] = [:]
        var parser = MetricFamilyParser(page)
        while let entry = try? parser.next() {
            guard entry == .family else { continue }
            let family = parser.family
            families[parser.text(of: family.name)] = MetricMetadata(
                type: family.type, help: parser.text(of: family.help), unit: parser.text(of: family.unit))
        }
        return families
    }

    private static func kind(of type: MetricType) -> UInt8 {
        switch type {
        case .counter: 16
        case .gauge: 17
        case .histogram: 18
        case .gaugehistogram: 19
        case .summary: 20
        case .info: 21
        case .stateset: 22
        case .unknown: 23
        }
    }
}
