internal import Foundation
internal import TelemetryModel

/// The lists of targets that one URL gives, one after the other: `[{"targets": ["HOST:PORT"], "labels": {…}}]`.
struct HTTPTargetList {
    private let url: String
    /// Number of groups in force, so that those which vanish from the list can be taken back.
    private var groupCount = 0

    init(url: String) { self.url = url }

    /// Reads a list.
    ///
    /// - Returns: its groups with `URL:INDEX` as source, and empty ones in the place of those that the list before had beyond them.
    mutating func take(_ body: [UInt8], contentType: String) throws(ProviderFault) -> [TargetGroup] {
        guard Self.isJSON(contentType) else { throw ProviderFault("the content type \(quoted(contentType)) is not application/json") }
        let elements = try decodeJSON([Element]?.self, body) ?? []
        var groups: [TargetGroup] = []
        for (index, element) in elements.enumerated() {
            let labels = element.labels.map { ($0.key, $0.value ?? "") } + [("__meta_url", url)]
            groups.append(
                TargetGroup(
                    source: "\(url):\(index)", targets: element.targets.map { [TargetLabelName.address: $0] }, labels: LabelSet(labels)))
        }
        let found = groups.count
        if groupCount > found { groups += (found..<groupCount).map { TargetGroup(source: "\(url):\($0)", targets: []) } }
        groupCount = found
        return groups
    }

    /// Whether a content type is JSON, in UTF-8 where it says the encoding.
    static func isJSON(_ contentType: String) -> Bool {
        let text = contentType.lowercased().trimmingCharacters(in: .whitespaces)
        guard text.hasPrefix("application/json") else { return false }
        let parameter = text.dropFirst("application/json".count)
        if parameter.isEmpty { return true }
        return parameter.first == ";"
            && ["charset=utf-8", "charset=\"utf-8\""].contains(parameter.dropFirst().drop(while: \.isWhitespace))
    }

    /// One group as it is written.
    private struct Element: Decodable {
        var targets: [String] = []
        var labels: [String: String?] = [:]

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            for key in container.allKeys {
                switch key.stringValue {
                case "targets": targets = try container.decodeIfPresent([String].self, forKey: key) ?? []
                case "labels": labels = try container.decodeIfPresent([String: String?].self, forKey: key) ?? [:]
                default:
                    throw DecodingError.dataCorruptedError(
                        forKey: key, in: container, debugDescription: "a target group has targets and labels only")
                }
            }
            if labels.keys.contains("") {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "a label needs a name"))
            }
        }
    }
}
