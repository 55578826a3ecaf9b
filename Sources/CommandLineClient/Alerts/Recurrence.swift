internal import Foundation

/// When a recurring silence holds, as the API takes it.
struct RecurrenceInterval: Sendable, Hashable {
    var times: [(start: String, end: String)] = []
    var weekdays: [String] = []
    var daysOfMonth: [String] = []
    var months: [String] = []
    var years: [String] = []
    var location = ""

    static func == (left: Self, right: Self) -> Bool { left.key == right.key }
    func hash(into hasher: inout Hasher) { hasher.combine(key) }

    private var key: [[String]] { [times.map { $0.start + "-" + $0.end }, weekdays, daysOfMonth, months, years, [location]] }

    func write(to json: inout JSONText) {
        json.object { json in
            if !times.isEmpty {
                json.member("times") { json in
                    json.array(times) { json, range in
                        json.object { json in
                            json.member("start_time") { $0.string(range.start) }
                            json.member("end_time") { $0.string(range.end) }
                        }
                    }
                }
            }
            for (name, texts) in [("weekdays", weekdays), ("days_of_month", daysOfMonth), ("months", months), ("years", years)]
            where !texts.isEmpty { json.member(name) { $0.array(texts) { $0.string($1) } } }
            if !location.isEmpty { json.member("location") { $0.string(location) } }
        }
    }
}

/// The option `--recurring`: `weekdays=mon:fri,times=22:00-06:00,zone=Europe/Berlin`.
enum RecurrenceArgument {
    private static let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    /// Fields are parted by commas, several values of one by `+`. Times that go over midnight become two intervals, of which the second is on
    /// the day after.
    static func intervals(_ text: String) throws(ClientError) -> [RecurrenceInterval] {
        var base = RecurrenceInterval()
        var weekdays: [(first: Int, last: Int)] = []
        var times: [(start: String, end: String)] = []
        for field in text.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2 else { throw fault(text, "“\(field)” is not of the form name=value") }
            let values = parts[1].split(separator: "+").map(String.init)
            switch parts[0] {
            case "weekdays", "days": weekdays = try values.map { (value) throws(ClientError) in try weekdayRange(value, text) }
            case "times", "time": times = try values.map { (value) throws(ClientError) in try timeRange(value, text) }
            case "days_of_month": base.daysOfMonth = values
            case "months": base.months = values
            case "years": base.years = values
            case "zone", "location": base.location = parts[1]
            default: throw fault(text, "there is no “\(parts[0])”; there are weekdays, times, days_of_month, months, years and zone")
            }
        }
        let overnight = times.filter { $0.start >= $0.end }
        let sameDay = times.filter { $0.start < $0.end } + overnight.map { ($0.start, "24:00") }
        let isDated = !base.daysOfMonth.isEmpty || !base.months.isEmpty || !base.years.isEmpty
        let mornings = overnight.filter { $0.end != "00:00" }.map { (start: "00:00", end: $0.end) }
        if isDated && !mornings.isEmpty { throw fault(text, "times over midnight go with weekdays only; give two intervals instead") }
        var first = base
        first.times = sameDay
        first.weekdays = ranges(weekdays)
        if mornings.isEmpty { return [first] }
        var second = base
        second.times = mornings
        second.weekdays = ranges(weekdays.map { ($0.first + 1, $0.last + 1) })
        return [first, second]
    }

    private static func fault(_ text: String, _ reason: String) -> ClientError { .usage("--recurring: “\(text)”: \(reason)") }

    /// Days as the API takes them: a range that goes over Saturday becomes two.
    private static func ranges(_ ranges: [(first: Int, last: Int)]) -> [String] {
        func name(_ day: Int) -> String { days[day % 7] }
        func text(_ first: Int, _ last: Int) -> String { first == last ? name(first) : name(first) + ":" + name(last) }
        return ranges.flatMap { range -> [String] in
            if range.last - range.first >= 6 { return [text(0, 6)] }
            let (first, last) = (range.first % 7, range.last % 7)
            return first <= last ? [text(first, last)] : [text(first, 6), text(0, last)]
        }
    }

    /// `mon:fri`, `saturday`; `fri:mon` goes over the weekend.
    private static func weekdayRange(_ value: String, _ text: String) throws(ClientError) -> (first: Int, last: Int) {
        let words = value.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(words.count) else { throw fault(text, "“\(value)” is no range of weekdays; give such as mon:fri") }
        let numbers = try words.map { (word) throws(ClientError) -> Int in
            let lowercase = word.lowercased()
            guard lowercase.count >= 2, let day = days.firstIndex(where: { $0.hasPrefix(lowercase) }) else {
                throw fault(text, "“\(word)” is no weekday")
            }
            return day
        }
        let (first, last) = (numbers[0], numbers[numbers.count - 1])
        return (first, last < first ? last + 7 : last)
    }

    /// `22:00-06:00`.
    private static func timeRange(_ value: String, _ text: String) throws(ClientError) -> (start: String, end: String) {
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw fault(text, "“\(value)” are no times; give such as 22:00-06:00") }
        let clocks = try parts.map { (part) throws(ClientError) -> String in
            let numbers = part.split(separator: ":").map { Int($0) }
            guard numbers.count == 2, let hour = numbers[0], let minute = numbers[1], (0...24).contains(hour), (0...59).contains(minute),
                hour < 24 || minute == 0
            else { throw fault(text, "“\(part)” is no time of day; give such as 22:00") }
            return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
        }
        if clocks[0] == clocks[1] || clocks[0] == "24:00" { throw fault(text, "“\(value)” holds at no time") }
        return (clocks[0], clocks[1])
    }
}

/// A recurrence for people.
enum RecurrenceText {
    static func text(_ intervals: [SilenceReply.Interval]) -> String {
        if intervals.isEmpty { return "always" }
        return intervals.map { interval in
            var parts: [String] = []
            parts += interval.weekdays ?? []
            parts += (interval.times ?? []).map { $0.start_time + "-" + $0.end_time }
            if let days = interval.days_of_month { parts.append("days " + days.joined(separator: " ")) }
            if let months = interval.months { parts.append("months " + months.joined(separator: " ")) }
            if let years = interval.years { parts.append("years " + years.joined(separator: " ")) }
            if let zone = interval.location { parts.append(zone) }
            return parts.joined(separator: " ")
        }.joined(separator: "; ")
    }
}
