internal import AlertModel
internal import AlertRouting
internal import ByteCoding
internal import CivilCalendar
internal import LabelMatching
internal import LinearRegex
internal import TelemetryModel

/// The bodies of requests to the Alertmanager API. Members that are not known are left out.
enum PostedBody {
    /// A silence as it is posted.
    struct PostedSilence {
        var id = ""
        var matchers: [LabelMatcher] = []
        var startsAt: Timestamp = 0
        var endsAt: Timestamp = 0
        var createdBy = ""
        var comment = ""
        var annotations: [Label] = []
        /// Nil where nothing is said.
        var recurrence: [TimeInterval]?
    }

    static func alerts(_ bytes: [UInt8]) throws(AlertmanagerFault) -> [PostedAlert] {
        try reading("alerts", bytes) { reader in
            var alerts: [PostedAlert] = []
            try reader.beginArray()
            while try reader.nextElement() { alerts.append(try alert(&reader, index: alerts.count)) }
            return alerts
        }
    }

    private static func alert(_ reader: inout JSONReader, index: Int) throws -> PostedAlert {
        var alert = PostedAlert(labels: [])
        var hasLabels = false
        try reader.beginObject()
        while let name = try reader.nextKey() {
            switch name {
            case "labels":
                alert.labels = try labels(&reader)
                hasLabels = true
            case "annotations": alert.annotations = try labels(&reader)
            case "startsAt": alert.startsAt = try optionalTime(&reader)
            case "endsAt": alert.endsAt = try optionalTime(&reader)
            case "generatorURL": alert.generatorURL = try reader.readString()
            default: try reader.skipValue()
            }
        }
        if !hasLabels { throw AlertmanagerFault.missing("\(index).labels") }
        return alert
    }

    static func silence(_ bytes: [UInt8]) throws(AlertmanagerFault) -> PostedSilence {
        try reading("silence", bytes) { reader in
            var silence = PostedSilence()
            var missing = ["matchers", "startsAt", "endsAt", "createdBy", "comment"]
            try reader.beginObject()
            while let name = try reader.nextKey() {
                missing.removeAll { $0 == name }
                switch name {
                case "id": silence.id = try reader.readString()
                case "matchers": silence.matchers = try matchers(&reader)
                case "startsAt": silence.startsAt = try time(&reader)
                case "endsAt": silence.endsAt = try time(&reader)
                case "createdBy": silence.createdBy = try reader.readString()
                case "comment": silence.comment = try reader.readString()
                case "annotations": silence.annotations = try labels(&reader)
                case "recurrence": silence.recurrence = try PostedRecurrence.intervals(&reader)
                default: try reader.skipValue()
                }
            }
            if let first = missing.first { throw AlertmanagerFault.missing(first) }
            if silence.matchers.isEmpty {
                throw AlertmanagerFault.schema(code: 612, message: "matchers in body should have at least 1 items")
            }
            return silence
        }
    }

    private static func matchers(_ reader: inout JSONReader) throws -> [LabelMatcher] {
        var matchers: [LabelMatcher] = []
        try reader.beginArray()
        while try reader.nextElement() { matchers.append(try matcher(&reader, index: matchers.count)) }
        return matchers
    }

    private static func matcher(_ reader: inout JSONReader, index: Int) throws -> LabelMatcher {
        var name: String?
        var value: String?
        var isRegex: Bool?
        var isEqual = true
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name": name = try reader.readString()
            case "value": value = try reader.readString()
            case "isRegex": isRegex = try reader.readBool()
            case "isEqual": isEqual = try reader.readBool()
            default: try reader.skipValue()
            }
        }
        guard let isRegex else { throw AlertmanagerFault.missing("matchers.\(index).isRegex") }
        guard let name else { throw AlertmanagerFault.missing("matchers.\(index).name") }
        guard let value else { throw AlertmanagerFault.missing("matchers.\(index).value") }
        let comparison: LabelMatcher.Operator = isRegex ? (isEqual ? .matches : .notMatches) : (isEqual ? .equal : .notEqual)
        do throws(LinearPatternError) { return try LabelMatcher(name, comparison, value) } catch {
            throw AlertmanagerFault.text(
                "invalid silence: invalid label matcher \(index) in set 0: invalid regular expression \(quoted(value)): \(error)")
        }
    }

    static func labels(_ reader: inout JSONReader) throws -> [Label] {
        var labels: [Label] = []
        try reader.beginObject()
        while let name = try reader.nextKey() { labels.append(Label(name: name, value: try reader.readString())) }
        return labels
    }

    /// A time; the year 1, which Go takes for none, is none.
    private static func optionalTime(_ reader: inout JSONReader) throws -> Timestamp? {
        let start = reader.position
        let text = try reader.readString()
        if text.isEmpty || text.hasPrefix("0001-01-01T00:00:00") { return nil }
        guard let time = RFC3339.parse(text, isStrict: false) else {
            throw reader.failure("\(quoted(text)) is no time in the form 2026-01-31T12:00:00Z", at: start)
        }
        return time.millisecondsSince1970
    }

    private static func time(_ reader: inout JSONReader) throws -> Timestamp {
        let start = reader.position
        guard let time = try optionalTime(&reader) else { throw reader.failure("a time is needed here", at: start) }
        return time
    }

    private static func reading<Value>(
        _ name: String, _ bytes: [UInt8], _ body: (inout JSONReader) throws -> Value
    ) throws(AlertmanagerFault) -> Value {
        do {
            var reader = JSONReader(bytes)
            let value = try body(&reader)
            try reader.finish()
            return value
        } catch let fault as AlertmanagerFault {
            throw fault
        } catch {
            throw .schema(code: 400, message: "parsing \(name) body from \"\" failed, because \(error)")
        }
    }
}

/// The recurrence of a silence, Perch's own: a list of objects in the form of `time_intervals` of Alertmanager's configuration.
private enum PostedRecurrence {
    static func intervals(_ reader: inout JSONReader) throws -> [TimeInterval] {
        var intervals: [TimeInterval] = []
        try reader.beginArray()
        while try reader.nextElement() { intervals.append(try interval(&reader)) }
        return intervals
    }

    private static func interval(_ reader: inout JSONReader) throws -> TimeInterval {
        var interval = TimeInterval()
        try reader.beginObject()
        while let name = try reader.nextKey() {
            do {
                switch name {
                case "times": interval.times = try list(&reader, times)
                case "weekdays": interval.weekdays = try list(&reader) { try TimeIntervalText.weekdays(try $0.readString()) }
                case "days_of_month": interval.daysOfMonth = try list(&reader) { try TimeIntervalText.daysOfMonth(try $0.readString()) }
                case "months": interval.months = try list(&reader) { try TimeIntervalText.months(try $0.readString()) }
                case "years": interval.years = try list(&reader) { try TimeIntervalText.years(try $0.readString()) }
                case "location": interval.location = try reader.readString()
                default: throw AlertmanagerFault.text("invalid silence: recurrence knows no \(quoted(name))")
                }
            } catch let fault as TimeIntervalText.Fault {
                throw AlertmanagerFault.text("invalid silence: recurrence: \(name): \(fault.message)")
            }
        }
        return interval
    }

    private static func times(_ reader: inout JSONReader) throws -> Range<Int> {
        let pairs = try PostedBody.labels(&reader)
        func value(_ name: String) -> String { pairs.first { $0.name == name }?.value ?? "" }
        return try TimeIntervalText.times(from: value("start_time"), to: value("end_time"))
    }

    private static func list<Value>(_ reader: inout JSONReader, _ element: (inout JSONReader) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        try reader.beginArray()
        while try reader.nextElement() { values.append(try element(&reader)) }
        return values
    }
}
