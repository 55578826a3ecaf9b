internal import AlertModel
internal import ByteCoding
internal import LabelMatching
internal import TelemetryModel

/// Labels, matchers and what else is a list, as the JSON that the tables hold.
enum AlertText {
    /// What a text is not; turned into damage by those who know the table.
    struct Unreadable: Error {}

    static func text(of labels: LabelSet) -> String {
        object(labels.map { ($0.name, $0.value) })
    }

    static func text(of labels: [Label]) -> String { object(labels.map { ($0.name, $0.value) }) }

    private static func object(_ pairs: [(String, String)]) -> String {
        var writer = JSONTextWriter()
        writer.beginObject()
        for (name, value) in pairs {
            writer.name(name)
            writer.value(value)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func labels(_ text: String) throws(Unreadable) -> [Label] {
        do {
            var reader = JSONReader(Array(text.utf8))
            var labels: [Label] = []
            try reader.beginObject()
            while let name = try reader.nextKey() { labels.append(Label(name: name, value: try reader.readString())) }
            try reader.finish()
            return labels
        } catch {
            throw Unreadable()
        }
    }

    static func labelSet(_ text: String) throws(Unreadable) -> LabelSet { LabelSet(try labels(text).map { ($0.name, $0.value) }) }

    static func text(of texts: [String]) -> String {
        if texts.isEmpty { return "" }
        var writer = JSONTextWriter()
        writer.beginArray()
        for text in texts { writer.value(text) }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func texts(_ text: String) throws(Unreadable) -> [String] {
        if text.isEmpty { return [] }
        do {
            var reader = JSONReader(Array(text.utf8))
            var texts: [String] = []
            try reader.beginArray()
            while try reader.nextElement() { texts.append(try reader.readString()) }
            try reader.finish()
            return texts
        } catch {
            throw Unreadable()
        }
    }

    /// Such as `[["alertname","=","Down"]]`.
    static func text(of matchers: [LabelMatcher]) -> String {
        var writer = JSONTextWriter()
        writer.beginArray()
        for matcher in matchers {
            writer.beginArray()
            writer.value(matcher.name)
            writer.value(matcher.operator.rawValue)
            writer.value(matcher.value)
            writer.endArray()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func matchers(_ text: String) throws(Unreadable) -> [LabelMatcher] {
        do {
            var reader = JSONReader(Array(text.utf8))
            var matchers: [LabelMatcher] = []
            try reader.beginArray()
            while try reader.nextElement() {
                var parts: [String] = []
                try reader.beginArray()
                while try reader.nextElement() { parts.append(try reader.readString()) }
                guard parts.count == 3, let comparison = LabelMatcher.Operator(rawValue: parts[1]) else { throw Unreadable() }
                matchers.append(try LabelMatcher(parts[0], comparison, parts[2]))
            }
            try reader.finish()
            return matchers
        } catch {
            throw Unreadable()
        }
    }

    /// Fingerprints as 16 digits each, separated by blanks.
    static func text(of fingerprints: [AlertFingerprint]) -> String { fingerprints.map(\.description).joined(separator: " ") }

    static func fingerprints(_ text: String) throws(Unreadable) -> [AlertFingerprint] {
        var fingerprints: [AlertFingerprint] = []
        for part in text.split(separator: " ") {
            guard let fingerprint = AlertFingerprint(parsing: String(part)) else { throw Unreadable() }
            fingerprints.append(fingerprint)
        }
        return fingerprints
    }
}
