internal import AlertModel
internal import ByteCoding

/// Recurring times as JSON: an object for each interval, with lists of pairs that are first and last of a range, the end of `times` exclusive.
extension AlertText {
    static func text(of recurrence: [TimeInterval]) -> String {
        if recurrence.isEmpty { return "" }
        var writer = JSONTextWriter()
        func add(_ name: String, _ pairs: [(Int, Int)]) {
            if pairs.isEmpty { return }
            writer.name(name)
            writer.beginArray()
            for (first, last) in pairs {
                writer.beginArray()
                writer.value(first)
                writer.value(last)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.beginArray()
        for interval in recurrence {
            writer.beginObject()
            add("times", interval.times.map { ($0.lowerBound, $0.upperBound) })
            add("weekdays", interval.weekdays.map { ($0.lowerBound, $0.upperBound) })
            add("days_of_month", interval.daysOfMonth.map { ($0.first, $0.last) })
            add("months", interval.months.map { ($0.lowerBound, $0.upperBound) })
            add("years", interval.years.map { ($0.lowerBound, $0.upperBound) })
            if !interval.location.isEmpty {
                writer.name("location")
                writer.value(interval.location)
            }
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func recurrence(_ text: String) throws(Unreadable) -> [TimeInterval] {
        if text.isEmpty { return [] }
        do {
            var reader = JSONReader(Array(text.utf8))
            var recurrence: [TimeInterval] = []
            try reader.beginArray()
            while try reader.nextElement() { recurrence.append(try interval(&reader)) }
            try reader.finish()
            return recurrence
        } catch {
            throw Unreadable()
        }
    }

    private static func interval(_ reader: inout JSONReader) throws -> TimeInterval {
        var interval = TimeInterval()
        try reader.beginObject()
        while let name = try reader.nextKey() {
            if name == "location" {
                interval.location = try reader.readString()
                continue
            }
            let ranges = try pairs(&reader)
            // Ranges of days may count from the end of the month; all others rise.
            guard name == "days_of_month" || ranges.allSatisfy({ $0.first <= $0.last }) else { throw Unreadable() }
            switch name {
            case "times": interval.times = ranges.map { $0.first..<$0.last }
            case "weekdays": interval.weekdays = ranges.map { $0.first...$0.last }
            case "days_of_month": interval.daysOfMonth = ranges.map { TimeInterval.DayRange($0.first, $0.last) }
            case "months": interval.months = ranges.map { $0.first...$0.last }
            case "years": interval.years = ranges.map { $0.first...$0.last }
            default: throw Unreadable()
            }
        }
        return interval
    }

    private static func pairs(_ reader: inout JSONReader) throws -> [(first: Int, last: Int)] {
        var pairs: [(first: Int, last: Int)] = []
        try reader.beginArray()
        while try reader.nextElement() {
            var numbers: [Int] = []
            try reader.beginArray()
            while try reader.nextElement() { numbers.append(try reader.readInteger(Int.self)) }
            guard numbers.count == 2 else { throw Unreadable() }
            pairs.append((numbers[0], numbers[1]))
        }
        return pairs
    }
}
