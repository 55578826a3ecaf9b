internal import ByteCoding
internal import TelemetryModel

/// What was pushed under one set of grouping labels, as it is kept over restarts: the pushes themselves.
struct PushGroup: Sendable {
    /// One push of which some family is in force.
    struct Push: Sendable {
        var contentType: String
        var body: [UInt8]
        /// The families that it brought and no later one did.
        var families: Set<String>
    }

    let labels: LabelSet
    var pushes: [Push] = []
    var families: [String: PushedFamily] = [:]
    /// When the last push was taken, and the last one refused; seconds, 0 for never.
    var pushTime = 0.0
    var failureTime = 0.0

    init(labels: LabelSet) { self.labels = labels }

    /// Puts a page in force.
    ///
    /// - Parameter replaces: whether it is all that the group has from now on; otherwise families of other names stay.
    mutating func take(_ page: PushedPage, body: [UInt8], contentType: String, replaces: Bool) {
        if replaces {
            pushes = []
            families = [:]
        }
        for (name, family) in page.families {
            families[name] = family
            for index in pushes.indices { pushes[index].families.remove(name) }
        }
        pushes.removeAll { $0.families.isEmpty }
        if !page.families.isEmpty { pushes.append(Push(contentType: contentType, body: body, families: Set(page.families.keys))) }
    }

    /// All series, with the grouping labels, which win over those of the page.
    var series: [(labels: LabelSet, value: PushedFamily.Value)] {
        var series: [(labels: LabelSet, value: PushedFamily.Value)] = []
        for family in families.values {
            for (own, value) in family.series {
                var builder = LabelSetBuilder(own)
                for label in labels { builder.set(label.name, label.value) }
                series.append((builder.build(), value))
            }
        }
        series.append((labels.setting(LabelName.metricName, "push_time_seconds"), .float(pushTime)))
        series.append((labels.setting(LabelName.metricName, "push_failure_time_seconds"), .float(failureTime)))
        return series
    }

    // MARK: - Files

    private static let magic = Array("perch push 1\n".utf8)

    /// The group as a file.
    var encoded: [UInt8] {
        var bytes = PushGroup.magic
        bytes.appendLengthPrefixed(labels.packed)
        bytes.appendDouble(pushTime)
        bytes.appendDouble(failureTime)
        bytes.appendVarint(count: pushes.count)
        for push in pushes {
            bytes.appendLengthPrefixed(push.contentType.utf8)
            bytes.appendLengthPrefixed(push.body)
        }
        bytes.appendLittleEndian(CRC32C.checksum(bytes))
        return bytes
    }

    /// Reads a file.
    ///
    /// - Throws: where it is damaged; `ByteCodingError`, `LabelSetError`.
    init(decoding bytes: [UInt8]) throws {
        guard bytes.count > PushGroup.magic.count + 4, bytes.starts(with: PushGroup.magic) else {
            throw ByteCodingError(.invalidValue, at: 0)
        }
        let content = Array(bytes.dropLast(4))
        var expected: [UInt8] = []
        expected.appendLittleEndian(CRC32C.checksum(content))
        guard expected.elementsEqual(bytes.suffix(4)) else { throw ByteCodingError(.invalidValue, at: content.count) }
        var reader = ByteReader(content)
        try reader.skip(PushGroup.magic.count)
        self.init(labels: try LabelSet(validating: Array(content[try reader.readLengthPrefixed()])))
        pushTime = try reader.readDouble()
        failureTime = try reader.readDouble()
        for _ in 0..<(try reader.readVarint()) {
            let contentType = String(decoding: content[try reader.readLengthPrefixed()], as: UTF8.self)
            let body = Array(content[try reader.readLengthPrefixed()])
            // It was read before; a later version may be stricter.
            guard let page = try? PushedPage(body, contentType: contentType) else { continue }
            take(page, body: body, contentType: contentType, replaces: false)
        }
    }
}
