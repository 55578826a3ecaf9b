public import AlertModel

/// The parts of a time interval as they are written: in files, and where a recurring silence is asked for.
public enum TimeIntervalText {
    /// Why a text is none, in Alertmanager's words.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public let message: String

        public var description: String { message }
    }

    private static let weekdayNames = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    private static let monthNames = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    /// Minutes of the day from and to times such as `09:00` and `24:00`; the end does not belong to them.
    public static func times(from start: String, to end: String) throws(Fault) -> Range<Int> {
        if start.isEmpty || end.isEmpty { throw Fault(message: "both start and end times must be provided") }
        let (first, last) = (try minutes(start), try minutes(end))
        guard first < last else { throw Fault(message: "start time cannot be equal or greater than end time") }
        return first..<last
    }

    /// `monday`, or `monday:friday`; 0 is Sunday.
    public static func weekdays(_ text: String) throws(Fault) -> ClosedRange<Int> {
        let (first, last) = try bounds(text) { (word) throws(Fault) in
            guard let day = weekdayNames.firstIndex(of: word) else { throw Fault(message: "\(word) is not a valid weekday") }
            return day
        }
        guard first <= last else { throw Fault(message: "start day cannot be before end day") }
        return first...last
    }

    /// `15`, `1:7` or `-3:-1`; negative days are counted from the end of the month.
    public static func daysOfMonth(_ text: String) throws(Fault) -> TimeInterval.DayRange {
        let (first, last) = try bounds(text, number)
        for day in [first, last] where day == 0 || !(-31...31).contains(day) {
            throw Fault(message: "\(day) is not a valid day of the month: out of range")
        }
        if first < 0, last > 0 { throw Fault(message: "end day must be negative if start day is negative") }
        // The shortest month has 28 days.
        if (first < 0 ? 28 + first : first) > (last < 0 ? 28 + last : last) {
            throw Fault(message: "end day \(last) is always before start day \(first)")
        }
        return TimeInterval.DayRange(first, last)
    }

    /// `may`, `5`, or `may:august`.
    public static func months(_ text: String) throws(Fault) -> ClosedRange<Int> {
        let (first, last) = try bounds(text) { (word) throws(Fault) in
            if let month = monthNames.firstIndex(of: word) { return month + 1 }
            guard let month = Int(word) else { throw Fault(message: "\(word) is not a valid month") }
            return month
        }
        for month in [first, last] where !(1...12).contains(month) { throw Fault(message: "\(month) is not a valid month") }
        guard first <= last else {
            throw Fault(message: "end month \(monthNames[last - 1]) is before start month \(monthNames[first - 1])")
        }
        return first...last
    }

    /// `2026`, or `2026:2030`.
    public static func years(_ text: String) throws(Fault) -> ClosedRange<Int> {
        let (first, last) = try bounds(text, number)
        guard first <= last else { throw Fault(message: "end year \(last) is before start year \(first)") }
        return first...last
    }

    private static func bounds(
        _ text: String, _ member: (String) throws(Fault) -> Int
    ) throws(Fault) -> (first: Int, last: Int) {
        let lowercase = text.lowercased()
        let words = lowercase.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard words.count <= 2 else { throw Fault(message: "couldn't parse range \(lowercase), invalid format") }
        let first = try member(words[0])
        return (first, words.count == 2 ? try member(words[1]) : first)
    }

    private static func number(_ word: String) throws(Fault) -> Int {
        guard let number = Int(word) else { throw Fault(message: "strconv.Atoi: parsing \"\(word)\": invalid syntax") }
        return number
    }

    /// `HH:MM`, up to `24:00`.
    private static func minutes(_ text: String) throws(Fault) -> Int {
        let fault = Fault(message: "couldn't parse timestamp \(text), invalid format")
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { throw fault }
        let digits = [0, 1, 3, 4].map { Int(bytes[$0]) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { throw fault }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minute < 60, hour < 24 || hour == 24 && minute == 0 else { throw fault }
        return hour * 60 + minute
    }
}
